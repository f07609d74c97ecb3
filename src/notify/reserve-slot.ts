import type { Transaction } from "kysely";
import type { Store } from "../store/open.ts";
import type { IntegrationRow, Tables, Urgency } from "../store/tables.ts";

const MINUTE_MS = 60_000;

/** What is later than this takes a turn again: much else may be as late. */
export const LATE_MS = MINUTE_MS;

interface Wanted {
  /** From `laneOf`, or `heldLaneOf`. */
  readonly lane: string;
  /** Not before this. */
  readonly fromMs: number;
  /** How many may go out in any minute. */
  readonly perMinute: number;
}

/**
 * The turns that a notification takes one of. Each profile has its own, and the hub, so that none who says too much keeps
 * others waiting; so has what is urgent, and what answers somebody.
 */
export function laneOf(
  profileId: string | null | undefined,
  { urgency, thread }: { readonly urgency: Urgency; readonly thread?: string },
): string {
  return `${profileId ?? "hub"} ${urgency === "high" ? "urgent" : thread === undefined ? "other" : "answer"}`;
}

/** The turns of what was held back: those of a morning must not keep what is said at night from going out. */
export function heldLaneOf(profileId: string | null): string {
  return `${profileId ?? "hub"} held`;
}

/** Takes the next free moment of an account and gives it in milliseconds, so that nobody is flooded. */
export async function reserveSlot(
  { engine }: Store,
  db: Transaction<Tables>,
  { id, workspace_id }: Pick<IntegrationRow, "id" | "workspace_id">,
  { lane, fromMs, perMinute }: Wanted,
): Promise<number> {
  const row = { integration_id: id, lane, workspace_id, slots: "[]" };
  await db
    .insertInto("notification_paces")
    .values(row)
    .onConflict((conflict) => conflict.columns(["integration_id", "lane"]).doNothing())
    .execute();
  const query = db
    .selectFrom("notification_paces")
    .select("slots")
    .where("integration_id", "=", id)
    .where("lane", "=", lane);
  const { slots } = await engine.lockRow(query).executeTakeFirstOrThrow();
  const last = (JSON.parse(slots) as number[]).slice(-perMinute);
  const [earliest = 0] = last;
  const slot = last.length < perMinute ? fromMs : Math.max(fromMs, earliest + MINUTE_MS);
  const kept = [...last, slot].toSorted((left, right) => left - right).slice(-perMinute);
  await db
    .updateTable("notification_paces")
    .set({ slots: JSON.stringify(kept) })
    .where("integration_id", "=", id)
    .where("lane", "=", lane)
    .execute();
  return slot;
}
