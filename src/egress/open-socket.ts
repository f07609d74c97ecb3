import type { WebSocket } from "undici";
import { HubError } from "../errors.ts";
import { limitDestinations } from "./destinations.ts";
import { type Pools, toHttp } from "./pools.ts";
import type { PrivateHosts } from "./private-hosts.ts";

/** A connection by which a service speaks first. */
export interface Socket {
  /** What the service sends, until either side ends it. */
  readonly frames: AsyncIterable<string>;
  send(text: string): void;
  close(): void;
}

export interface SocketTarget {
  readonly service: string;
  /** As the service gave it; it is no secret that it must be kept to, but it may hold one. */
  readonly address: string;
  /** Hosts that it may lead to, with what is below them. */
  readonly hosts: readonly string[];
  /** The integration's own address, whose host it may lead to as well. */
  readonly baseUrl: string;
  readonly signal: AbortSignal;
  /** How often the service is asked whether it is there. */
  readonly beatMs?: number;
}

export interface SocketRules {
  readonly pools: Pools;
  readonly isAllowedPrivate: PrivateHosts;
}

const OPEN_MS = 10_000;
const BEAT_MS = 15_000;
/** A service waits for a receipt long before it has sent so many. */
const WAITING_FRAMES = 1_000;

/** Opens a WebSocket to where a service said, under the same rules for addresses as all else. */
export async function openSocket({ pools, isAllowedPrivate }: SocketRules, target: SocketTarget): Promise<Socket> {
  const { service, signal } = target;
  const url = URL.parse(target.address);
  if (!url || !/^wss?:$/.test(url.protocol)) {
    throw new HubError("service_failed", `${service} gave an address that is none of a WebSocket.`);
  }
  const base = new URL(target.baseUrl);
  const isListed = target.hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  const allowHosts = [base.hostname, ...(isListed ? [url.hostname] : [])];
  limitDestinations({ service, base: new URL(base.origin), allowHosts, isAllowedPrivate })(toHttp(url));
  signal.throwIfAborted();
  const socket = await pools.openSocket(url);
  const silent = new AbortController();
  const ended = AbortSignal.any([signal, silent.signal]);
  const frames = readFrames(socket, ended);
  ended.addEventListener("abort", () => socket.close(), { once: true });
  await opened(socket, service);
  await watchSilence(socket, target.beatMs ?? BEAT_MS, () => silent.abort());
  return { frames, send: (text) => socket.send(text), close: () => socket.close() };
}

function opened(socket: WebSocket, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.close(), OPEN_MS);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.addEventListener("close", () => {
      clearTimeout(timer);
      reject(new HubError("service_failed", `${service} did not take a WebSocket.`, { hint: "Try again later." }));
    });
  });
}

/**
 * Asks again and again whether the service is there, and ends a connection on which nothing comes any more: one that was
 * lost on the way looks as if nobody had anything to say.
 */
async function watchSilence(socket: WebSocket, beatMs: number, end: () => void): Promise<void> {
  const [{ ping }, { subscribe, unsubscribe }] = await Promise.all([
    import("undici"),
    import("node:diagnostics_channel"),
  ]);
  let isHeard = true;
  const hear = (): void => void (isHeard = true);
  const hearPong = (message: unknown): void => void (Object(message).websocket === socket && hear());
  const beat = (): void => {
    if (!isHeard) return end();
    isHeard = false;
    ping(socket);
  };
  // What arrived while this process stood still is read first.
  const timer = setInterval(() => setImmediate(beat), beatMs);
  timer.unref();
  socket.addEventListener("message", hear);
  subscribe(PONG, hearPong);
  socket.addEventListener("close", () => {
    clearInterval(timer);
    unsubscribe(PONG, hearPong);
  });
}

/** Where undici tells of answers: a WebSocket itself doesn't. */
const PONG = "undici:websocket:pong";

/** Keeps what comes before it is read. Whoever ends it does not wait for the service to agree. */
function readFrames(socket: WebSocket, signal: AbortSignal): AsyncIterable<string> {
  const waiting: string[] = [];
  let isEnded = false;
  let wake = Promise.withResolvers<void>();
  const tell = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") waiting.push(data);
    if (waiting.length > WAITING_FRAMES) socket.close();
    tell();
  });
  const end = (): void => {
    isEnded = true;
    tell();
  };
  socket.addEventListener("close", end);
  signal.addEventListener("abort", end, { once: true });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = wake.promise;
        const frame = waiting.shift();
        if (frame !== undefined) yield frame;
        else if (isEnded) return;
        else await next;
      }
    },
  };
}
