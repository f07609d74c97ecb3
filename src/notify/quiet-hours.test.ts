import { expect, test } from "vitest";
import { endOfQuiet } from "./quiet-hours.ts";

const NIGHT = { start: "22:00", end: "07:30", timezone: "Europe/Berlin" };
const EARLY = { start: "22:00", end: "02:30", timezone: "Europe/Berlin" };
const NOON = { start: "12:00", end: "14:00", timezone: "America/New_York" };

test.each([
  ["before the night", NIGHT, "2026-11-22T20:59:59.999Z", undefined],
  ["as it begins", NIGHT, "2026-11-22T21:00:00.000Z", "2026-11-23T06:30:00.000Z"],
  ["past midnight", NIGHT, "2026-11-23T02:10:44.123Z", "2026-11-23T06:30:00.000Z"],
  ["as it ends", NIGHT, "2026-11-23T06:30:00.000Z", undefined],
  ["in the night in which clocks are put back", NIGHT, "2026-10-24T21:00:00.000Z", "2026-10-25T06:30:00.000Z"],
  ["in the night in which clocks are put forward", NIGHT, "2027-03-27T22:00:00.000Z", "2027-03-28T05:30:00.000Z"],
  ["past their end, where that time is left out", EARLY, "2027-03-28T00:45:00.000Z", "2027-03-28T01:30:00.000Z"],
  ["where their end comes twice", EARLY, "2026-10-25T00:10:00.000Z", "2026-10-25T00:30:00.000Z"],
  ["at noon elsewhere", NOON, "2026-11-22T17:30:00.000Z", "2026-11-22T19:00:00.000Z"],
  ["where a day has no quiet hours", { ...NOON, end: "12:00" }, "2026-11-22T17:00:00.000Z", undefined],
])("quiet hours %s", (_, hours, now, end) => {
  const until = endOfQuiet(hours, Date.parse(now));

  expect(until === undefined ? undefined : new Date(until).toISOString()).toBe(end);
});
