import type { Agent, WebSocket } from "undici";
import { type Answer, type AnswerLimit, exchange } from "./exchange.ts";
import type { PrivateHosts } from "./private-hosts.ts";
import type { Outgoing } from "./placement.ts";

/** Connections kept open between calls, to public addresses and to the private ones that the operator allows. */
export interface Pools {
  /** Sends once, follows nothing, and gives back all of the answer. */
  exchange(request: Outgoing, signal: AbortSignal, limit: AnswerLimit): Promise<Answer>;
  /** Sends once, follows nothing, and passes the answer on as it comes. A stream is sent in the body's place. */
  dispatch(request: Outgoing, signal: AbortSignal, stream?: ReadableStream<Uint8Array>): Promise<Response>;
  /** Begins to open a WebSocket. */
  openSocket(url: URL): Promise<WebSocket>;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

/** Of one message. */
const SOCKET_BYTES = 10 * 1024 * 1024;

/** The address as the rules for addresses know it. */
export function toHttp(url: URL): URL {
  return new URL(url.href.replace(/^ws/, "http"));
}

/**
 * Opens no connection and loads no library before the first request: undici takes some 150 ms to load, the resolver some 5.
 *
 * Addresses are checked when a connection is made, on what the name resolved to, so a name can't first pass and then
 * lead elsewhere. Addresses that need no resolving are checked with the URL.
 */
export function openPools(isAllowedPrivate: PrivateHosts, connectionsPerOrigin: number): Pools {
  const agents = new Map<"public" | "private", Agent>();
  let libraries: ReturnType<typeof loadLibraries> | undefined;
  const load = () => (libraries ??= loadLibraries());

  async function agentFor(url: URL): Promise<Agent> {
    const [{ Agent }, { lookupPublic }] = await load();
    const kind = isAllowedPrivate(url) ? "private" : "public";
    const agent =
      agents.get(kind) ??
      new Agent({
        allowH2: false,
        connections: connectionsPerOrigin,
        headersTimeout: 0,
        bodyTimeout: 0,
        webSocket: { maxPayloadSize: SOCKET_BYTES },
        ...(kind === "public" && { connect: { lookup: lookupPublic } }),
      });
    agents.set(kind, agent);
    return agent;
  }

  return {
    exchange: async (request, signal, limit) => exchange(await agentFor(request.url), request, signal, limit),
    async dispatch({ url, method, headers, body }, signal, stream) {
      const [{ fetch }] = await load();
      return fetch(url, {
        method,
        headers: [...headers],
        redirect: "manual",
        dispatcher: await agentFor(url),
        signal,
        ...(stream ? { body: stream, duplex: "half" } : body && { body }),
      });
    },
    async openSocket(url) {
      const [{ WebSocket }] = await load();
      return new WebSocket(url, { dispatcher: await agentFor(toHttp(url)) });
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function loadLibraries() {
  return Promise.all([import("undici"), import("./lookup-public.ts")]);
}
