import { onTestFinished } from "vitest";
import { createKey } from "../access/keys.ts";
import type { Scope } from "../access/principal.ts";
import { openTestHub, type TestHub, type TestHubOptions } from "./open-test-hub.ts";

interface Sent {
  /** A key of the owner when absent. */
  readonly key?: string;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A hub that listens, and the REST API as its owner uses it. */
export interface TestApi {
  readonly hub: TestHub;
  readonly url: string;
  /** E.g. `send("GET /profiles?limit=1")`, below `/v1`. */
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

  async function send(line: string, { key = ownerKey, body, headers = {} }: Sent = {}): Promise<ApiAnswer> {
    const [method = "GET", path = ""] = line.split(" ");
    const answer = await fetch(`${server.url}/v1${path}`, {
      method,
      headers: {
        ...(key !== "" && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
  }

  return {
    hub,
    url: server.url,
    send,
    addOwnerKey,
    async data<Data>(line: string, sent?: Sent) {
      const { status, body } = await send(line, sent);
      if (status >= 300) throw new Error(`${line} was answered ${status}: ${JSON.stringify(body)}`);
      return (body as { data: Data }).data;
    },
  };
}
