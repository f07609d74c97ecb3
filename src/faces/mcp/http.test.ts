import { expect, onTestFinished, test, vi } from "vitest";
import { openTestHub } from "#testing";
import { createKey, revokeKey } from "../../access/keys.ts";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import { type McpHttp, openMcpHttp } from "./http.ts";

const ACCEPT = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const HALF_AN_HOUR_MS = 30 * 60 * 1000;
const A_MINUTE_MS = 60 * 1000;

/** The HTTP face of a hub, and a profile with a key. */
async function arrange(change: (hub: Hub) => Hub = (hub) => hub) {
  const testHub = await openTestHub();
  const hub = change(testHub.hub);
  const mcp = openMcpHttp(hub);
  onTestFinished(() => mcp.close());
  const { workspaceId, profileId, scopes } = await testHub.addProfile("coder");
  const { id: actor } = await createKey(hub.store.db, { workspaceId, profileId, mode: "live" });
  const caller: Caller = { workspaceId, profileId, scopes, actor };
  return { testHub, hub, mcp, caller };
}

/** A 2025 session's id. */
async function initialize(mcp: McpHttp, caller: Caller): Promise<string> {
  const clientInfo = { name: "test", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const answer = await post(mcp, caller, { jsonrpc: "2.0", id: 1, method: "initialize", params });
  await answer.text();
  return answer.headers.get("mcp-session-id") ?? "";
}

function post(mcp: McpHttp, caller: Caller, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: "POST", headers: { ...ACCEPT, ...headers }, body: JSON.stringify(body) };
  return mcp.serve(new Request("http://hub/mcp", init), caller, body);
}

const ofSession = (id: string) => ({ "mcp-session-id": id, "mcp-protocol-version": "2025-11-25" });

function ping(mcp: McpHttp, caller: Caller, session: string): Promise<Response> {
  return post(mcp, caller, { jsonrpc: "2.0", id: 2, method: "ping" }, ofSession(session));
}

/** The stream on which a session's client hears of changes. */
function listen(mcp: McpHttp, caller: Caller, session: string, signal: AbortSignal | null = null): Promise<Response> {
  return mcp.serve(
    new Request("http://hub/mcp", { headers: { ...ACCEPT, ...ofSession(session) }, signal }),
    caller,
    undefined,
  );
}

/** The stream on which a 2026 client hears of changes. */
function subscribe(mcp: McpHttp, caller: Caller): Promise<Response> {
  const method = "subscriptions/listen";
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { notifications: { toolsListChanged: true }, _meta };
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": method };
  return post(mcp, caller, { jsonrpc: "2.0", id: 3, method, params }, headers);
}

/** Resolves when the stream has ended, with what was left of it. */
const endOf = (answer: Response): Promise<string> => answer.text();

test("a session serves the key that opened it", async () => {
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);

  const answer = await ping(mcp, caller, session);

  expect(answer.status).toBe(200);
});

const NO_SESSION = {
  jsonrpc: "2.0",
  error: { code: -32_001, message: "There is no such session; initialize a new one." },
  id: null,
};

test("a session of another key is as one that does not exist", async () => {
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);

  const answers = [await ping(mcp, { ...caller, actor: "key_other" }, session), await ping(mcp, caller, "nope")];

  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  await expect(Promise.all(answers.map((answer) => answer.json()))).resolves.toEqual([NO_SESSION, NO_SESSION]);
});

test("a session that its client has ended is gone", async () => {
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);

  const headers = ofSession(session);
  const ended = await mcp.serve(new Request("http://hub/mcp", { method: "DELETE", headers }), caller, undefined);
  const answer = await ping(mcp, caller, session);

  expect([ended.status, answer.status]).toEqual([200, 404]);
  await expect(answer.json()).resolves.toEqual(NO_SESSION);
});

test("what should have come in a session is refused, and nothing stays open for it", async () => {
  const listeners = new Set<unknown>();
  const { mcp, caller } = await arrange((hub) => {
    const subscribeAndCount: typeof hub.store.changes.subscribe = (listener) => {
      const stop = hub.store.changes.subscribe(listener);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        stop();
      };
    };
    const changes = { ...hub.store.changes, subscribe: subscribeAndCount };
    return { ...hub, store: { ...hub.store, changes } };
  });
  const before = listeners.size;

  const answer = await post(mcp, caller, { jsonrpc: "2.0", id: 1, method: "tools/list" });

  expect(answer.status).toBe(400);
  expect(listeners.size).toBe(before);
});

test("who holds a revoked key is cut off", async () => {
  const { hub, mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);
  const streams = [await listen(mcp, caller, session), await subscribe(mcp, caller)];

  await revokeKey(hub, caller, caller.actor);

  await Promise.all(streams.map(endOf));
  expect((await ping(mcp, caller, session)).status).toBe(404);
});

test("who holds another key is not cut off", async () => {
  const { hub, mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);
  const { workspaceId, profileId } = caller;
  const { id } = await createKey(hub.store.db, { workspaceId, profileId, mode: "live" });
  const other = await initialize(mcp, { ...caller, actor: id });

  await revokeKey(hub, caller, id);

  await expect.poll(() => ping(mcp, { ...caller, actor: id }, other).then(({ status }) => status)).toBe(404);
  expect((await ping(mcp, caller, session)).status).toBe(200);
});

type Faked = NonNullable<NonNullable<Parameters<typeof vi.useFakeTimers>[0]>["toFake"]>;

/** Lets a test pass the time: of the sweep only, unless told, since streams keep their own. */
function holdTime(...toFake: Faked): void {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval", ...toFake] });
  onTestFinished(() => void vi.useRealTimers());
}

test("a session that nobody uses for half an hour is closed", async () => {
  holdTime();
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);

  vi.advanceTimersByTime(HALF_AN_HOUR_MS - A_MINUTE_MS);
  const once = await ping(mcp, caller, session);
  vi.advanceTimersByTime(HALF_AN_HOUR_MS - A_MINUTE_MS);
  const again = await ping(mcp, caller, session);
  vi.advanceTimersByTime(HALF_AN_HOUR_MS + 2 * A_MINUTE_MS);
  const late = await ping(mcp, caller, session);

  expect([once.status, again.status, late.status]).toEqual([200, 200, 404]);
});

test("a session whose client listens stays open until it has stopped", async () => {
  holdTime();
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);
  const gone = new AbortController();
  await listen(mcp, caller, session, gone.signal);

  vi.advanceTimersByTime(2 * HALF_AN_HOUR_MS);
  const listening = await ping(mcp, caller, session);
  gone.abort();
  vi.advanceTimersByTime(2 * HALF_AN_HOUR_MS);
  const deserted = await ping(mcp, caller, session);

  expect([listening.status, deserted.status]).toEqual([200, 404]);
});

test("a 2026 client that listens is not cut off", async () => {
  holdTime();
  const { hub, mcp, caller } = await arrange();
  const stream = await subscribe(mcp, caller);

  vi.advanceTimersByTime(2 * HALF_AN_HOUR_MS);
  const change = { workspace_id: caller.workspaceId, profile_id: caller.profileId };
  await hub.store.transaction((db) => hub.store.changes.record(db, change));
  await hub.store.changes.catchUp();

  await expect(readUntil(stream, "notifications/tools/list_changed")).resolves.toBe(true);
});

/** Whether the stream says the words before it ends. */
async function readUntil({ body }: Response, words: string): Promise<boolean> {
  let said = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += chunk;
    if (said.includes(words)) return true;
  }
  return false;
}

test("the streams of a key that expires end at that moment, and others go on", async () => {
  const { mcp, caller } = await arrange();
  holdTime("setTimeout", "clearTimeout");
  const expiring = { ...caller, actor: "key_expiring", expiresAt: new Date(Date.now() + 500).toISOString() };
  const lasting = { ...caller, actor: "key_lasting", expiresAt: "2999-01-01T00:00:00.000Z" };
  const session = await initialize(mcp, expiring);
  const streams = [await listen(mcp, expiring, session), await subscribe(mcp, expiring)];
  const other = await initialize(mcp, lasting);

  vi.advanceTimersByTime(500);
  const ends = await Promise.all(streams.map(endOf));

  expect(ends).toEqual(["", expect.stringContaining("notifications/subscriptions/acknowledged")]);
  expect((await ping(mcp, expiring, session)).status).toBe(404);
  expect((await ping(mcp, lasting, other)).status).toBe(200);
});

test("closing ends every stream", async () => {
  const { mcp, caller } = await arrange();
  const session = await initialize(mcp, caller);
  const streams = [await listen(mcp, caller, session), await subscribe(mcp, caller)];

  await mcp.close();

  const [ofOld, ofNew] = await Promise.all(streams.map(endOf));
  expect(ofOld).toBe("");
  expect(ofNew).toContain("notifications/subscriptions/acknowledged");
});
