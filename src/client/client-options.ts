export interface ClientOptions {
  /** Where the hub is, e.g. `http://127.0.0.1:7300`. */
  readonly url: string;
  /** A key of the owner, or of a profile: `pb_live_…`. */
  readonly key: string;
  /** The runtime's own when absent. */
  readonly fetch?: typeof globalThis.fetch;
  /** How long a call may take, its repetitions included; a minute when absent. */
  readonly timeoutMs?: number;
  /** How often a call is repeated that failed in passing and can't take effect twice; twice when absent. */
  readonly retries?: number;
}

export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
  /** In the place of the client's own. */
  readonly timeoutMs?: number;
  /** Of a POST, so that the same call made again, even by another program, runs once; a new one when absent. */
  readonly idempotencyKey?: string;
}

export interface ProxyInit extends RequestInit {
  /** As which profile; needed with a key of the owner. */
  readonly profile?: string;
}
