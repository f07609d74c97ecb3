import { expect, test } from "vitest";
import { openRateLimits } from "./rate-limits.ts";

function arrange(perMinute: number) {
  const clock = { now: 0 };
  return { clock, limits: openRateLimits(perMinute, () => clock.now) };
}

test("a minute's requests may come at once, and no more", () => {
  const { limits } = arrange(2);

  const taken = [limits.take("a"), limits.take("a"), limits.take("a")];

  expect(taken).toEqual([
    { isAllowed: true, perMinute: 2, left: 1, fullInMs: 30_000, nextInMs: 0 },
    { isAllowed: true, perMinute: 2, left: 0, fullInMs: 60_000, nextInMs: 0 },
    { isAllowed: false, perMinute: 2, left: 0, fullInMs: 60_000, nextInMs: 30_000 },
  ]);
});

test("each key has its own", () => {
  const { limits } = arrange(1);
  limits.take("a");

  expect(limits.take("b").isAllowed).toBe(true);
});

test("requests are regained evenly, and never more than a minute's", () => {
  const { clock, limits } = arrange(2);
  limits.take("a");
  limits.take("a");

  clock.now = 30_000;
  const half = limits.take("a");
  clock.now = 10 * 60_000;
  const whole = limits.take("a");

  expect([half, whole]).toMatchObject([
    { isAllowed: true, left: 0 },
    { isAllowed: true, left: 1 },
  ]);
});

test("a refused request does not put off the next", () => {
  const { clock, limits } = arrange(1);
  limits.take("a");

  clock.now = 59_000;
  limits.take("a");
  clock.now = 60_000;

  expect(limits.take("a").isAllowed).toBe(true);
});
