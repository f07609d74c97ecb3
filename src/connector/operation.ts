import type * as z from "zod";
import type { Client } from "./client.ts";

/** What an operation does to the outside world. Default policy, MCP annotations and retries all follow from it. */
export type Effect = "read" | "write" | "destructive";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface HttpOptions {
  /** `undefined` values are left out; arrays repeat the parameter. */
  readonly query?: Readonly<Record<string, unknown>>;
  /** Encoded as the connector's `bodies` says: JSON unless it is `form`. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `ignored` where any 2xx will do, whatever comes with it; `graphql` where a 2xx with `errors` is a refusal. */
  readonly answer?: "json" | "ignored" | "graphql";
}

/** A JSON client for the integration's service. Throws a `HubError` for every answer that is not 2xx. */
export interface Http {
  /** `path` starts with `/` and is appended to the base URL, or is empty for that itself. An empty answer is `undefined`. */
  request(method: Method, path: string, options?: HttpOptions): Promise<unknown>;
}

/** Everything an operation may touch during one call. The credential is inside `fetch` and `http` and never visible. */
export interface CallContext<Config = Readonly<Record<string, unknown>>> {
  /** The integration's address without a trailing slash. */
  readonly baseUrl: string;
  /** Reaches the integration's own hosts and nothing else; what an SDK is built with. */
  readonly fetch: typeof globalThis.fetch;
  readonly http: Http;
  /** The integration's settings, parsed by the connector's `config`. */
  readonly config: Config;
  /** Aborts when the caller gives up or time runs out. */
  readonly signal: AbortSignal;
  /** The same on every attempt of one call, another for each call. */
  readonly idempotencyKey: string;
  /** Tells the caller how far a long call is. */
  progress(done: number, total?: number, message?: string): void;
  readonly client?: Client;
}

/**
 * One thing an agent can do.
 *
 * The output schema is the contract and the projection: what `run` returns is parsed by it, so fields it does not name
 * never reach the agent. It requires only what names the result or is its point: other editions and versions of a service
 * leave out the rest, and a call that took effect must not fail for that.
 */
export interface Operation<In extends z.ZodObject = z.ZodObject, Out extends z.ZodType = z.ZodType> {
  /** What it does, what it returns and which other operation yields each id it needs, in a sentence or three. */
  readonly summary: string;
  readonly effect: Effect;
  /** Calling it twice with the same input is as good as once. */
  readonly idempotent?: boolean;
  /** The least OAuth scopes it works with. A wider scope of the service may stand in for them. */
  readonly scopes?: readonly string[];
  /** The credential field it is sent with, where it is not the connector's first. */
  readonly credential?: string;
  readonly input: In;
  readonly output: Out;
  // A method, not a property: its parameters are compared bivariantly, so any operation fits a `Record<string, Operation>`.
  run(input: z.output<In>, context: CallContext): Promise<unknown>;
}

/** An operation whose call can't be written as data. */
export function operation<In extends z.ZodObject, Out extends z.ZodType>(spec: Operation<In, Out>): Operation<In, Out> {
  return spec;
}
