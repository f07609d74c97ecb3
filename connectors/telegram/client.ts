import type { Api } from "grammy";
import type { CallContext } from "#connector";

/**
 * grammY's Bot API client on the hub's connection.
 *
 * The hub puts `/bot<token>` before every path, so the URL built here has none. grammY's own abort signal is a polyfill that
 * the platform's fetch refuses, hence the call's signal takes its place.
 */
export async function openTelegram({ baseUrl, fetch, signal }: CallContext): Promise<Api> {
  const grammy = await import("grammy");
  return new grammy.Api("placeholder", {
    apiRoot: baseUrl,
    buildUrl: (root, _token, method) => `${root}/${method}`,
    fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal }),
  });
}
