import type { Transaction } from "kysely";
import * as z from "zod";
import type { Ledger } from "../access/grants.ts";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import { readSetting } from "../store/settings.ts";
import type { Tables } from "../store/tables.ts";
import { heldLaneOf, LATE_MS } from "./reserve-slot.ts";

const SETTING = "quiet_hours";
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as 22:00");

/** When people are left alone, unless it is urgent. Past midnight where it ends earlier than it starts. */
export const QuietHours = z.object({
  start: Time.describe("When they begin, e.g. 22:00"),
  end: Time.describe("When they end, e.g. 07:30"),
  timezone: z
    .string()
    .max(64)
    .refine(isTimezone, "a time zone such as Europe/Berlin")
    .describe("Of the people who are told, e.g. Europe/Berlin"),
});
export type QuietHours = z.output<typeof QuietHours>;

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export async function readQuietHours(db: Db, workspaceId: string): Promise<QuietHours | undefined> {
  const value = await readSetting(db, workspaceId, SETTING);
  return value === undefined ? undefined : QuietHours.parse(JSON.parse(value));
}

/** Sets a workspace's quiet hours, or takes them away. What waits for the end of those before is looked at anew. */
export async function setQuietHours(
  { store, audit }: Ledger,
  actor: string,
  workspaceId: string,
  hours: QuietHours | undefined,
  now = Date.now(),
): Promise<void> {
  if (hours && hours.start === hours.end) {
    throw new HubError("invalid_input", "Quiet hours that end when they begin would be none.", {
      hint: "Give two different times, e.g. 22:00 and 07:30.",
    });
  }
  const value = JSON.stringify(hours);
  await store.transaction(async (db) => {
    await db.deleteFrom("settings").where("workspace_id", "=", workspaceId).where("name", "=", SETTING).execute();
    if (hours) await db.insertInto("settings").values({ workspace_id: workspaceId, name: SETTING, value }).execute();
    await lookAnew(db, workspaceId, now);
    const details = { hours: hours ? value : "none" };
    await audit.appendIn(db, { workspaceId, actor, action: "quiet_hours.set", details });
  });
}

/** Has all that was held back come due as what is late, which takes its turn. */
async function lookAnew(db: Transaction<Tables>, workspaceId: string, now: number): Promise<void> {
  await db
    .deleteFrom("notification_paces")
    .where("workspace_id", "=", workspaceId)
    .where("lane", "like", heldLaneOf("%"))
    .execute();
  await db
    .updateTable("notifications")
    .set({ due_at: new Date(now - LATE_MS - 1).toISOString() })
    .where("workspace_id", "=", workspaceId)
    .where("status", "=", "accepted")
    .where("deferred", "=", 1)
    .where("due_at", ">", new Date(now).toISOString())
    .execute();
}

/** When the quiet hours end in which a moment lies, in milliseconds; undefined where it lies in none. */
export function endOfQuiet({ start, end, timezone }: QuietHours, nowMs: number): number | undefined {
  const [from, until, local] = [minutesOf(start), minutesOf(end), minutesOf(timeIn(timezone, nowMs))];
  if (modulo(local - from) >= modulo(until - from)) return undefined;
  const estimate = nowMs - (nowMs % MINUTE_MS) + modulo(until - local) * MINUTE_MS;
  // Clocks may have been put forward or back in between.
  const off = modulo(until - minutesOf(timeIn(timezone, estimate)) + DAY_MINUTES / 2) - DAY_MINUTES / 2;
  const corrected = estimate + off * MINUTE_MS;
  // Where they are put forward past the end there is no such time, and the correction would be before it.
  return minutesOf(timeIn(timezone, corrected)) === until ? corrected : estimate;
}

function modulo(minutes: number): number {
  return ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** E.g. `07:05`. */
function timeIn(timezone: string, ms: number): string {
  const format = { timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat("en-GB", format).format(ms);
}
