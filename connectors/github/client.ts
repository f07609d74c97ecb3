import type { Octokit } from "@octokit/rest";
import type { CallContext } from "#connector";

/** GitHub's endpoints as Octokit types them. */
export type Github = Octokit["rest"];

/** Octokit sends no version of its own accord, and GitHub's newest one has other shapes. */
export const API_VERSION = "2022-11-28";

/** GitHub's own client on the hub's connection, which adds the credential; it logs nothing. */
export async function openGithub({ baseUrl, fetch, signal }: CallContext): Promise<Github> {
  const { Octokit } = await import("@octokit/rest");
  const octokit = new Octokit({ baseUrl, userAgent: "patchbay", request: { fetch, signal, log: SILENT }, log: SILENT });
  octokit.hook.before("request", ({ headers }) => {
    headers["x-github-api-version"] = API_VERSION;
  });
  return octokit.rest;
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
