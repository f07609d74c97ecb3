import type { Transaction } from "kysely";
import type { Ledger } from "../access/grants.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow, NotificationRow, Tables } from "../store/tables.ts";
import { findIntegrationOf, updateClaimed } from "./claim-due.ts";
import { planNextAttempt } from "./plan-next-attempt.ts";
import { heldLaneOf, reserveSlot } from "./reserve-slot.ts";

export interface SettleParts extends Ledger {
  /** How many notifications may go out through one account in a minute. */
  readonly perMinute: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Told of an endpoint that is gone for good. */
  readonly onGone: (integration: IntegrationRow, reason: string) => Promise<void>;
}

/** Writes down that a notification was delivered. */
export async function settleDelivered({ store, now }: SettleParts, row: NotificationRow): Promise<void> {
  const at = new Date(now()).toISOString();
  const outcome = { status: "delivered", due_at: at, delivered_at: at, reason: null } as const;
  await store.transaction((db) => settle(db, row, outcome));
}

/** Plans the next attempt after one that failed, or gives up: then it is kept as a dead letter, with the reason. */
export async function settleFailed(parts: SettleParts, row: NotificationRow, error: unknown): Promise<void> {
  const { store, audit, now, random } = parts;
  const attempts = row.attempts + 1;
  const reason = explain(error);
  const waitMs = planNextAttempt(attempts, error, random);
  if (waitMs !== undefined) {
    await updateClaimed(store.db, row)
      .set({ attempts, reason, due_at: new Date(now() + waitMs).toISOString() })
      .execute();
    return;
  }
  const { id, workspace_id, integration_id, profile_id, actor } = row;
  const isMine = await store.transaction(async (db) => {
    const outcome = { status: "dead", due_at: new Date(now()).toISOString(), reason } as const;
    if (!(await settle(db, row, outcome))) return false;
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor,
      ...(profile_id !== null && { profileId: profile_id }),
      integrationId: integration_id,
      action: "notification.dead",
      details: { delivery: id, attempts, code: error instanceof HubError ? error.code : "internal" },
    });
    return true;
  });
  if (isMine && isGone(error)) await parts.onGone(await findIntegrationOf(store.db, row), reason);
}

/** Ends a notification together with those that are told in it; false where somebody has claimed it since. */
async function settle(
  db: Transaction<Tables>,
  row: NotificationRow,
  outcome: Partial<NotificationRow> & Pick<NotificationRow, "status">,
): Promise<boolean> {
  const attempts = row.attempts + 1;
  const { numUpdatedRows } = await updateClaimed(db, row)
    .set({ ...outcome, attempts })
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await db
    .updateTable("notifications")
    .set({ ...outcome, attempts })
    .where("workspace_id", "=", row.workspace_id)
    .where("digest_id", "=", row.id)
    .where("status", "=", "accepted")
    .execute();
  return true;
}

/** Gives a notification back untried. */
export async function giveBack({ store, now }: SettleParts, row: NotificationRow): Promise<void> {
  await updateClaimed(store.db, row)
    .set({ due_at: new Date(now()).toISOString() })
    .execute();
}

/**
 * Has a notification that was held back take its turn from then on, when as many go out as in any minute. True where it
 * has to wait for that.
 */
export function defer(parts: SettleParts, row: NotificationRow, fromMs: number): Promise<boolean> {
  const { store, perMinute, now } = parts;
  return store.transaction(async (db) => {
    const account = { id: row.integration_id, workspace_id: row.workspace_id };
    const slot = await reserveSlot(store, db, account, { lane: heldLaneOf(row.profile_id), fromMs, perMinute });
    if (slot <= now()) return false;
    await updateClaimed(db, row)
      .set({ due_at: new Date(slot).toISOString(), deferred: 1 })
      .execute();
    return true;
  });
}

function explain(error: unknown): string {
  return error instanceof HubError
    ? [error.message, error.hint].filter((part) => part !== undefined).join(" ")
    : "Patchbay failed in a way it did not expect; its log says why.";
}

/** By the status 410 a receiver asks to be sent nothing more. */
function isGone(error: unknown): boolean {
  return error instanceof HubError && error.details["status"] === 410;
}
