import { setTimeout } from "node:timers/promises";
import type { CallContext, Client, Connector, Effect } from "#connector";
import { HubError } from "../errors.ts";
import { limitDestinations } from "./destinations.ts";
import { makeHttp } from "./http.ts";
import { openSocket, type Socket, type SocketTarget } from "./open-socket.ts";
import { type Outgoing, placeCredential, signsBody } from "./placement.ts";
import { openPools } from "./pools.ts";
import { allowPrivateHosts } from "./private-hosts.ts";
import { openRedaction, type Redaction } from "./redact.ts";
import { admitRequest, type Destination } from "./sandbox.ts";
import { makeSendThrough, type SendThrough } from "./send-through.ts";
import { makeFetch } from "./session-fetch.ts";
import { makeSend } from "./session-send.ts";

export interface EgressOptions {
  /** `host` or `host:port` that may be reached although private, and over plain http. */
  readonly allowPrivateHosts: readonly string[];
  /** For a whole session, retries and waiting included. */
  readonly timeoutMs?: number;
  /** The same for a session that streams, where the other bounds the wait for an answer. */
  readonly streamTimeoutMs?: number;
  readonly requestBytes?: number;
  /** Counted after decompression. */
  readonly responseBytes?: number;
  /** Further requests to the same origin wait for one of these to end. */
  readonly connectionsPerOrigin?: number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/** What a call is about: which service, at which address, as whom. */
export interface Target extends Destination {
  readonly connector: Connector;
  /** Opened secrets by the `env` name of their field; an OAuth token is `access_token`. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Gives other credentials after the service has refused these with the status 401; asked once a request. */
  readonly renew?: () => Promise<Readonly<Record<string, string>> | undefined>;
  readonly effect: Effect;
  /** The credential field that the operation asks for. */
  readonly credential?: string;
  readonly signal: AbortSignal;
  /** Whether an answer is passed on while it comes, and may take its time. */
  readonly streams?: boolean;
  readonly idempotencyKey: string;
  readonly onProgress?: CallContext["progress"];
  readonly client?: Client;
}

/** One call's way out. */
export interface Session extends Redaction {
  readonly context: CallContext;
  /** For what is passed on rather than run. */
  readonly send: SendThrough;
}

export interface Egress {
  session(target: Target): Session;
  /** Opens a WebSocket by which a service speaks first. */
  openSocket(target: SocketTarget): Promise<Socket>;
  /** Gives up every call under way, and ends its connections. */
  close(): Promise<void>;
}

const DEFAULTS = {
  timeoutMs: 30_000,
  streamTimeoutMs: 10 * 60_000,
  requestBytes: 10 * 1024 * 1024,
  responseBytes: 10 * 1024 * 1024,
  connectionsPerOrigin: 20,
  sleep: (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal }),
  random: Math.random,
};

/**
 * The only way to the outside: every connection that the hub opens to a service is opened here.
 *
 * A session adds the credential, keeps to the integration's hosts, refuses private addresses, retries what may be
 * repeated, and bounds time and size.
 */
export function openEgress(options: EgressOptions): Egress {
  const settings = { ...DEFAULTS, ...options };
  const isAllowedPrivate = allowPrivateHosts(settings.allowPrivateHosts);
  const pools = openPools(isAllowedPrivate, settings.connectionsPerOrigin);
  const stop = new AbortController();

  return {
    session(target) {
      const { config, effect, idempotencyKey, onProgress, client, streams = false } = target;
      const connector = admitRequest(target);
      const service = connector.name;
      const { base, place, renew, redaction } = holdCredential({ ...target, connector });
      const checkDestination = limitDestinations({
        service,
        base,
        allowHosts: connector.allowHosts ?? [],
        isAllowedPrivate,
      });
      const limit = AbortSignal.timeout(streams ? settings.streamTimeoutMs : settings.timeoutMs);
      const signal = AbortSignal.any([target.signal, stop.signal, limit]);
      const headers = connector.headers ?? {};
      const rules = { ...settings, service, headers, pools, checkDestination, place, renew, signal };
      const send = makeSend({ ...rules, effect, idempotencyKey });
      const { requestBytes } = settings;
      const context = {
        baseUrl: base.href.replace(/\/$/, ""),
        fetch: makeFetch({ service, requestBytes, send }),
        http: makeHttp({ connector, base, requestBytes, send }),
        config,
        signal,
        idempotencyKey,
        progress: onProgress ?? (() => undefined),
        ...(client && { client }),
      };
      return { context, send: makeSendThrough({ ...rules, signsBody: signsBody(connector) }), ...redaction };
    },
    openSocket: (target) =>
      openSocket({ pools, isAllowedPrivate }, { ...target, signal: AbortSignal.any([target.signal, stop.signal]) }),
    async close() {
      stop.abort(new HubError("unavailable", "The hub is stopping.", { hint: "Try again when it is back." }));
      await pools.close();
    },
  };
}

/** What a session sends and blanks: the target's credential, and the newer one once that was refused. */
function holdCredential(target: Target) {
  const { base, place } = placeCredential(target);
  const secrets = Object.values(target.credentials);
  let current = { place, redaction: openRedaction(secrets) };
  const redaction: Redaction = {
    redact: (text) => current.redaction.redact(text),
    redactStream: (isText) => current.redaction.redactStream(isText),
    redactValue: (value) => current.redaction.redactValue(value),
  };
  return {
    base,
    redaction,
    place: (request: Outgoing) => current.place(request),
    async renew(): Promise<boolean> {
      const newer = await target.renew?.();
      if (!newer) return false;
      current = {
        place: placeCredential({ ...target, credentials: newer }).place,
        redaction: openRedaction([...secrets, ...Object.values(newer)]),
      };
      return true;
    },
  };
}
