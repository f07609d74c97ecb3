const RETRIED_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);
const MAX_RETRIES = 2;
const FIRST_WAIT_MS = 250;
/** A service that asks for more is obeyed by the caller, not by keeping the caller waiting. */
const LONGEST_WAIT_MS = 5_000;

interface Attempt {
  /** How many retries went before. */
  readonly retries: number;
  /** Whether sending it twice does no more than sending it once. */
  readonly repeatable: boolean;
  /** The answer's status; absent when there was none. */
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly random: () => number;
}

/**
 * How long to wait before the next attempt, in milliseconds; `undefined` when there shall be none.
 *
 * A write that may not be repeated is tried once more after a 429, since the service refused to look at it.
 */
export function planRetry({ retries, repeatable, status, retryAfterMs, random }: Attempt): number | undefined {
  const limit = repeatable ? MAX_RETRIES : status === 429 ? 1 : 0;
  const helps = status === undefined || RETRIED_STATUSES.has(status);
  if (!helps || retries >= limit || (retryAfterMs ?? 0) > LONGEST_WAIT_MS) {
    return undefined;
  }
  return retryAfterMs ?? FIRST_WAIT_MS * 2 ** retries * (0.5 + random() / 2);
}

/** Reads `Retry-After`, in seconds or as a date, or else the reset time that GitHub gives when nothing remains. */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null) {
    const waitMs = /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - nowMs;
    return Number.isNaN(waitMs) ? undefined : Math.max(0, Math.ceil(waitMs));
  }
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  const isExhausted = headers.get("x-ratelimit-remaining") === "0";
  return isExhausted && reset > 0 ? Math.max(0, reset * 1000 - nowMs) : undefined;
}
