import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { atExpiry } from "./at-expiry.ts";

/** A key that has this much time left. */
const keyFor = (ms: number) => ({ expiresAt: new Date(Date.now() + ms).toISOString() });

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  onTestFinished(() => void vi.useRealTimers());
});

test.each([1, 25 * DAY_MS, 400 * DAY_MS])("a key that expires in %i ms ends then, once, and not before", (ms) => {
  const end = vi.fn<() => void>();
  atExpiry(keyFor(ms), end);

  vi.advanceTimersByTime(ms - 1);
  const before = end.mock.calls.length;
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(50 * DAY_MS);

  expect([before, end.mock.calls.length]).toEqual([0, 1]);
});

test("a key that does not expire does not end", () => {
  const end = vi.fn<() => void>();
  atExpiry({}, end);

  vi.advanceTimersByTime(400 * DAY_MS);

  expect(end).not.toHaveBeenCalled();
});

test("what was given up does not happen, not even after its first stage", () => {
  const end = vi.fn<() => void>();
  const giveUp = atExpiry(keyFor(60 * DAY_MS), end);

  vi.advanceTimersByTime(30 * DAY_MS);
  giveUp();
  vi.advanceTimersByTime(90 * DAY_MS);

  expect(end).not.toHaveBeenCalled();
});
