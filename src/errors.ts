/** What went wrong, in one word. The table decides the HTTP status, the exit code and whether a retry can help. */
export const ERROR_CODES = {
  invalid_input: { status: 400, exitCode: 2, retryable: false },
  unauthenticated: { status: 401, exitCode: 3, retryable: false },
  not_granted: { status: 403, exitCode: 3, retryable: false },
  denied: { status: 403, exitCode: 3, retryable: false },
  address_refused: { status: 403, exitCode: 3, retryable: false },
  not_found: { status: 404, exitCode: 4, retryable: false },
  method_not_allowed: { status: 405, exitCode: 2, retryable: false },
  conflict: { status: 409, exitCode: 5, retryable: false },
  reconnect_required: { status: 409, exitCode: 5, retryable: false },
  too_large: { status: 413, exitCode: 2, retryable: false },
  unsupported_type: { status: 415, exitCode: 2, retryable: false },
  idempotency_key_reused: { status: 422, exitCode: 5, retryable: false },
  service_rejected: { status: 422, exitCode: 6, retryable: false },
  rate_limited: { status: 429, exitCode: 7, retryable: true },
  cancelled: { status: 499, exitCode: 130, retryable: true },
  internal: { status: 500, exitCode: 70, retryable: false },
  service_failed: { status: 502, exitCode: 7, retryable: true },
  unavailable: { status: 503, exitCode: 7, retryable: true },
  timeout: { status: 504, exitCode: 7, retryable: true },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface HubErrorOptions {
  /** What the reader can do about it, as one imperative sentence. */
  readonly hint?: string;
  /** Facts that are safe to show anyone who may see the error: never a credential, never a service's prose. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** The service's own words, already cut to length; whoever shows them redacts and marks them as not ours. */
  readonly serviceWords?: string;
  readonly cause?: unknown;
}

/**
 * The only error the hub throws on purpose. Anything else that is thrown is a bug and surfaces as `internal`.
 *
 * `message` states the fact in one sentence with the names in it.
 */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly serviceWords: string | undefined;

  constructor(code: ErrorCode, message: string, options: HubErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.serviceWords = options.serviceWords;
  }

  /** HTTP status of the REST face. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  /** Process exit code of the CLI. */
  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** A refusal by, or a failure of, the service: what a connector can tell about an error of its SDK or an HTTP answer. */
export interface ServiceFailure {
  /** HTTP status, or the closest one for a service that answers errors with 200. */
  readonly status: number;
  /** The service's own error code, e.g. `channel_not_found`. */
  readonly code?: string;
  /** The service's own sentence. */
  readonly words?: string;
  readonly retryAfterMs?: number;
  /** What an owner or agent can do about it, when the connector knows. */
  readonly hint?: string;
}

const WORDS_LIMIT = 500;

/** Of the 4xx, these refuse the moment rather than the call. */
const TOO_EARLY_OR_LATE = new Set([408, 425]);

/** Turns a service's failure into the hub's error: 401 wants a reconnect, 429 a pause, 5xx, 408 and 425 a retry, the rest a change. */
export function serviceError(service: string, failure: ServiceFailure, cause?: unknown): HubError {
  const { status, code, words, retryAfterMs, hint } = failure;
  const said = code === undefined ? `status ${status}` : `${code} (status ${status})`;
  const options = {
    details: {
      service,
      status,
      ...(code !== undefined && { serviceCode: code }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    ...(words !== undefined && { serviceWords: words.slice(0, WORDS_LIMIT) }),
    cause,
  };
  if (status === 401) {
    return new HubError("reconnect_required", `${service} refused the credential: ${said}.`, {
      hint: hint ?? `Ask the owner to reconnect ${service}.`,
      ...options,
    });
  }
  if (status === 429) {
    const wait = retryAfterMs === undefined ? "a minute" : `${Math.ceil(retryAfterMs / 1000)} seconds`;
    return new HubError("rate_limited", `${service} is limiting requests: ${said}.`, {
      hint: hint ?? `Wait ${wait}, then try again.`,
      ...options,
    });
  }
  if (status >= 500 || TOO_EARLY_OR_LATE.has(status)) {
    return new HubError("service_failed", `${service} failed: ${said}.`, {
      hint: hint ?? "Try again later.",
      ...options,
    });
  }
  return new HubError("service_rejected", `${service} rejected the call: ${said}.`, {
    ...(hint !== undefined && { hint }),
    ...options,
  });
}
