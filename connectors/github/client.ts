import type { Octokit } from "@octokit/rest";
import type { CallContext } from "#connector";

/** GitHub's endpoints as Octokit types them. */
export type Github = Octokit["rest"];

/** GitHub's own client on the hub's connection, which adds the credential; it logs nothing. */
export async function openGithub({ baseUrl, fetch, signal }: CallContext): Promise<Github> {
  const { Octokit } = await import("@octokit/rest");
  return new Octokit({ baseUrl, userAgent: "patchbay", request: { fetch, signal, log: SILENT }, log: SILENT }).rest;
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
