import { HubError } from "../errors.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long to wait before each attempt: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec. */
const SCHEDULE_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const;

/** Nobody is waited for longer, whatever they ask. */
const LONGEST_WAIT_MS = 24 * HOUR_MS;
const JITTER = 0.1;

/**
 * How long to wait after the given number of attempts, the last of which failed with this error; undefined where nothing
 * would get better.
 */
export function planNextAttempt(attempts: number, error: unknown, random: () => number): number | undefined {
  const delayMs = SCHEDULE_MS[attempts];
  if (delayMs === undefined || isFinal(error)) return undefined;
  const asked = error instanceof HubError ? error.details["retryAfterMs"] : undefined;
  const jittered = delayMs * (1 - JITTER + 2 * JITTER * random());
  return Math.max(jittered, typeof asked === "number" ? Math.min(asked, LONGEST_WAIT_MS) : 0);
}

/** An owner can reconnect an account meanwhile, and a fault of ours can be mended; another refusal stays one. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof HubError)) return false;
  return !error.retryable && error.code !== "reconnect_required" && error.code !== "internal";
}
