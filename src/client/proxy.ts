import type { ProxyInit } from "./client-options.ts";
import type { Transport } from "./open-transport.ts";
import { readFailure } from "./read-answer.ts";

/** Calls a service's own API; a failure of the hub is thrown, and one of the service is its answer. */
export async function proxy(
  { url, open }: Transport,
  integration: string,
  path: string,
  { profile, ...init }: ProxyInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (profile !== undefined) headers.set("patchbay-profile", profile);
  const within = `/proxy/${encodeURIComponent(integration)}`;
  const answer = await open(`${within}${toTarget(path)}`, within, { ...init, headers });
  if (answer.ok || answer.type === "opaqueredirect" || answer.headers.has("patchbay-integration")) return answer;
  throw await readFailure(answer, url);
}

function toTarget(path: string): string {
  return path === "" || /^[/?]/.test(path) ? path : `/${path}`;
}
