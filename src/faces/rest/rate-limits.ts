import { HubError } from "../../errors.ts";

/** What a key may still do. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** What it may do in all. */
  readonly perMinute: number;
  /** Requests left right now. */
  readonly left: number;
  /** Until all are left again. */
  readonly fullInMs: number;
  /** Until the next one is allowed; 0 where it is. */
  readonly nextInMs: number;
}

export interface RateLimits {
  /** Takes one request from what a key has left. */
  take(key: string): Allowance;
}

interface Bucket {
  left: number;
  at: number;
}

const MINUTE_MS = 60_000;
const BUCKETS = 10_000;

/** A token bucket for each key: a minute's requests may come at once, and are then regained evenly. */
export function openRateLimits(perMinute: number, now: () => number = () => performance.now()): RateLimits {
  const buckets = new Map<string, Bucket>();
  const msPerRequest = MINUTE_MS / perMinute;

  function fill(bucket: Bucket, at: number): Bucket {
    return { left: Math.min(perMinute, bucket.left + (at - bucket.at) / msPerRequest), at };
  }

  function forgetFull(at: number): void {
    for (const [key, bucket] of buckets) if (fill(bucket, at).left === perMinute) buckets.delete(key);
  }

  return {
    take(key) {
      const at = now();
      if (buckets.size >= BUCKETS) forgetFull(at);
      const bucket = fill(buckets.get(key) ?? { left: perMinute, at }, at);
      const isAllowed = bucket.left >= 1;
      if (isAllowed) bucket.left -= 1;
      buckets.set(key, bucket);
      return {
        isAllowed,
        perMinute,
        left: Math.floor(bucket.left),
        fullInMs: (perMinute - bucket.left) * msPerRequest,
        nextInMs: isAllowed ? 0 : (1 - bucket.left) * msPerRequest,
      };
    },
  };
}

/** As in https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html. */
export const LIMIT_HEADERS = ["ratelimit-policy", "ratelimit"] as const;

export function limitHeaders({ perMinute, left, fullInMs }: Allowance): [string, string][] {
  const [policy, limit] = LIMIT_HEADERS;
  return [
    [policy, `"key";q=${perMinute};w=60`],
    [limit, `"key";r=${left};t=${Math.ceil(fullInMs / 1000)}`],
  ];
}

export function tooMany({ perMinute, nextInMs }: Allowance): HubError {
  return new HubError("rate_limited", `This key has made more than ${perMinute} requests in a minute.`, {
    hint: "Wait as long as Retry-After says.",
    details: { retryAfterMs: Math.ceil(nextInMs) },
  });
}
