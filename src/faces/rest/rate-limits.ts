/** What a key may still do. */
export interface Allowance {
  readonly isAllowed: boolean;
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
        left: Math.floor(bucket.left),
        fullInMs: (perMinute - bucket.left) * msPerRequest,
        nextInMs: isAllowed ? 0 : (1 - bucket.left) * msPerRequest,
      };
    },
  };
}
