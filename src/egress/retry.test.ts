import { expect, test } from "vitest";
import { planRetry, readRetryAfterMs } from "./retry.ts";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

test("waits grow with each retry and vary by half", () => {
  const attempt = { repeatable: true, status: 503 };

  const waits = [
    planRetry({ ...attempt, retries: 0, random: () => 0 }),
    planRetry({ ...attempt, retries: 0, random: () => 1 }),
    planRetry({ ...attempt, retries: 1, random: () => 0 }),
    planRetry({ ...attempt, retries: 1, random: () => 1 }),
  ];

  expect(waits).toEqual([125, 250, 250, 500]);
});

test.each([
  [{ "retry-after": "3" }, 3000],
  [{ "retry-after": "0.4" }, 400],
  [{ "retry-after": "Sun, 22 Nov 2026 12:01:00 GMT" }, 60_000],
  [{ "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, 0],
  [{ "retry-after": "soon" }, undefined],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW_MS / 1000 + 90) }, 90_000],
  [{ "x-ratelimit-remaining": "12", "x-ratelimit-reset": String(NOW_MS / 1000 + 90) }, undefined],
  [{ "x-ratelimit-remaining": "0" }, undefined],
  [{}, undefined],
])("the headers %j ask for a wait of %s ms", (headers, expected) => {
  expect(readRetryAfterMs(new Headers(headers), NOW_MS)).toBe(expected);
});
