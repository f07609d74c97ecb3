import { onTestFinished } from "vitest";
import { createKey } from "../access/keys.ts";
import type { Scope } from "../access/principal.ts";
import { openTestHub, type TestHub, type TestHubOptions } from "./open-test-hub.ts";
import { type ApiAnswer, dataOf, sendLine, type Sent } from "./send-line.ts";

/** A hub that listens, and the REST API as its owner uses it. */
export interface TestApi {
  readonly hub: TestHub;
  readonly url: string;
  /** E.g. `send("GET /profiles?limit=1")`, below `/v1`; with a key of the owner unless it names another. */
  send(line: string, sent?: Sent): Promise<ApiAnswer>;
  /** The `data` of an answer that must be a success. */
  data<Data = Readonly<Record<string, unknown>>>(line: string, sent?: Sent): Promise<Data>;
  /** A key of the owner with these scopes only. */
  addOwnerKey(scopes?: readonly Scope[]): Promise<string>;
}

export async function openTestApi(options?: TestHubOptions): Promise<TestApi> {
  const hub = await openTestHub(options);
  // Not before it is needed: every connector's tests load this folder.
  const { serveHttp } = await import("../faces/http/server.ts");
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const addOwnerKey = async (scopes?: readonly Scope[]): Promise<string> => {
    const spec = { workspaceId: hub.workspaceId, mode: "live", ...(scopes && { scopes }) } as const;
    return (await createKey(hub.hub.store.db, spec)).token;
  };
  const ownerKey = await addOwnerKey();

  const send = (line: string, sent: Sent = {}) => sendLine(server.url, line, { key: ownerKey, ...sent });

  return {
    hub,
    url: server.url,
    send,
    addOwnerKey,
    data: async <Data>(line: string, sent?: Sent) => dataOf(line, await send(line, sent)) as Data,
  };
}
