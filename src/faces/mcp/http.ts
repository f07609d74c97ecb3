import { randomUUID } from "node:crypto";
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  type ServerEventBus,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { findRevokedKeys } from "../../access/keys.ts";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import { atExpiry } from "../http/at-expiry.ts";
import { keepInformed, onChanged } from "./listen.ts";
import { MESSAGES_URI, tellOfMessages } from "./message-resource.ts";
import { buildServer } from "./server.ts";

export interface McpHttp {
  /** Serves one request of an authenticated profile; `body` is the parsed JSON of a POST. */
  serve(request: Request, caller: Caller, body: unknown, service?: string): Promise<Response>;
  close(): Promise<void>;
}

/** A connection that outlives a request: a 2025 session, or the handler whose streams a 2026 client listens on. */
interface Open {
  readonly caller: Caller;
  usedAt: number;
  /** What stands for each stream on which its client waits for news. */
  readonly listening: Set<object>;
  close(): Promise<void>;
}

interface Session extends Open {
  readonly transport: WebStandardStreamableHTTPServerTransport;
}

const MODERN = "2026-07-28";
const IDLE_MS = 30 * 60 * 1000;
const OPEN_LIMIT = 2_000;

/**
 * Streamable HTTP in both protocol eras.
 *
 * Protocol 2026-07-28 has no sessions: each request stands alone, and a handler per key keeps the streams on which its
 * clients listen. Clients of 2025-11-25 and older need a session to be asked things and to hear of changes. Whoever
 * holds a revoked key is cut off within a second, and whoever holds one that expires, at that moment.
 */
export function openMcpHttp(hub: Hub): McpHttp {
  const handlers = new Map<string, Open & McpHttpHandler>();
  const sessions = new Map<string, Session>();

  const stopWatching = watchOpen(hub, () => [...handlers.values(), ...sessions.values()]);

  function serveModern(request: Request, caller: Caller, body: unknown, service?: string): Promise<Response> {
    const name = `${caller.actor} ${service ?? ""}`;
    let handler = handlers.get(name);
    if (!handler) {
      makeRoom(handlers);
      handler = openHandler(hub, caller, service, () => handlers.delete(name));
    }
    touch(handlers, name, handler);
    return handler.fetch(request, { parsedBody: body });
  }

  async function serveSession(request: Request, caller: Caller, body: unknown, service?: string): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) {
      makeRoom(sessions);
      return initializeSession(hub, caller, service, sessions, request, body);
    }
    const session = sessions.get(id);
    if (!session || session.caller.actor !== caller.actor) {
      const error = { code: -32001, message: "There is no such session; initialize a new one." };
      return Response.json({ jsonrpc: "2.0", error, id: null }, { status: 404 });
    }
    touch(sessions, id, session);
    const response = await session.transport.handleRequest(request, { parsedBody: body });
    if (request.method === "GET" && response.ok) keepWhileListening(session, request);
    return response;
  }

  return {
    async serve(request, caller, body, service) {
      const isLegacy = !saysModern(request) && (await isLegacyRequest(request, body));
      return isLegacy ? serveSession(request, caller, body, service) : serveModern(request, caller, body, service);
    },
    async close() {
      stopWatching();
      await Promise.all([...handlers.values(), ...sessions.values()].map((open) => open.close()));
    },
  };
}

/** Such a request is never of an older era. `isLegacyRequest` would look through its body, as the handler does again. */
function saysModern(request: Request): boolean {
  return request.headers.get("mcp-protocol-version") === MODERN;
}

/** Whether a request opens a stream on which its client waits for news, rather than for an answer. */
export function isForNews(method: string, body: unknown): boolean {
  if (method === "GET") return true;
  return typeof body === "object" && body !== null && "method" in body && body.method === "subscriptions/listen";
}

/** Closes what nobody has used for long, and at once what belongs to a key that was revoked. */
function watchOpen(hub: Hub, list: () => readonly Open[]): () => void {
  async function closeRevoked(): Promise<void> {
    const all = list();
    const revoked = await findRevokedKeys(hub.store.db, [...new Set(all.map(({ caller }) => caller.actor))]);
    await Promise.all(all.filter(({ caller }) => revoked.has(caller.actor)).map((open) => open.close()));
  }
  const stopListening = hub.store.changes.subscribe(({ profile_id }) => {
    if (profile_id !== null) return;
    closeRevoked().catch((error: unknown) => hub.log.error("Open clients were not checked.", {}, error));
  });
  const sweep = setInterval(() => {
    const since = Date.now() - IDLE_MS;
    for (const open of list()) if (open.listening.size === 0 && open.usedAt < since) void open.close();
  }, 60_000);
  sweep.unref();
  return () => {
    stopListening();
    clearInterval(sweep);
  };
}

/** Puts it last, so that the first is the one that was idle longest. */
function touch<Kept extends Open>(opens: Map<string, Kept>, name: string, open: Kept): void {
  open.usedAt = Date.now();
  opens.delete(name);
  opens.set(name, open);
}

/** Closes the one that was idle longest when there are as many as there may be. */
function makeRoom(opens: ReadonlyMap<string, Open>): void {
  const [oldest] = opens.values();
  if (opens.size >= OPEN_LIMIT) void oldest?.close();
}

function openHandler(
  hub: Hub,
  caller: Caller,
  service: string | undefined,
  onClose: () => void,
): Open & McpHttpHandler {
  const listening = new Set<object>();
  const bus: ServerEventBus = {
    publish: () => {},
    subscribe(listener) {
      const stops = [
        onChanged(hub, caller, "access", () => listener({ kind: "tools_list_changed" })),
        onChanged(hub, caller, "messages", () => listener({ kind: "resource_updated", uri: MESSAGES_URI })),
      ];
      listening.add(listener);
      return () => {
        for (const stop of stops) stop();
        listening.delete(listener);
      };
    },
  };
  const handler = createMcpHandler(() => buildServer(hub, caller, service), {
    legacy: "reject",
    bus,
    onerror: (error) => hub.log.debug("An MCP request was refused.", {}, error),
  });
  const stopWaiting = atExpiry(caller, () => void close());
  function close(): Promise<void> {
    stopWaiting();
    onClose();
    return handler.close();
  }
  return { ...handler, caller, listening, usedAt: Date.now(), close };
}

/** A session is open until its client ends it, nobody uses it any more, or its key is revoked. */
async function initializeSession(
  hub: Hub,
  caller: Caller,
  service: string | undefined,
  sessions: Map<string, Session>,
  request: Request,
  body: unknown,
): Promise<Response> {
  const server = await buildServer(hub, caller, service);
  const stopListening = keepInformed(hub, caller, server, tellOfMessages);
  const stopWaiting = atExpiry(caller, () => void server.close());
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized(id) {
      const used = { usedAt: Date.now(), listening: new Set<object>() };
      sessions.set(id, { caller, transport, ...used, close: () => server.close() });
    },
  });
  await server.connect(transport);
  server.onclose = () => {
    stopListening();
    stopWaiting();
    if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
  };
  const response = await transport.handleRequest(request, { parsedBody: body });
  // The request was something else than a proper `initialize`.
  if (transport.sessionId === undefined) await server.close();
  return response;
}

/** The set holds the request itself, since a signal dies with its request. */
function keepWhileListening(session: Session, request: Request): void {
  session.listening.add(request);
  request.signal.addEventListener("abort", () => session.listening.delete(request), { once: true });
}
