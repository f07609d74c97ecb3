import type { Ledger } from "../access/grants.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow, NotificationRow } from "../store/tables.ts";
import { findIntegrationOf, updateClaimed } from "./claim-due.ts";
import { planNextAttempt } from "./plan-next-attempt.ts";

export interface SettleParts extends Ledger {
  readonly now: () => number;
  readonly random: () => number;
  /** Told of an endpoint that is gone for good. */
  readonly onGone: (integration: IntegrationRow, reason: string) => Promise<void>;
}

/** Writes down that a notification was delivered. */
export async function settleDelivered({ store, now }: SettleParts, row: NotificationRow): Promise<void> {
  const at = new Date(now()).toISOString();
  await updateClaimed(store.db, row)
    .set({ status: "delivered", attempts: row.attempts + 1, due_at: at, delivered_at: at, reason: null })
    .execute();
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
    const { numUpdatedRows } = await updateClaimed(db, row)
      .set({ status: "dead", attempts, reason, due_at: new Date(now()).toISOString() })
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
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

/** Gives a notification back untried, at once or for later. */
export async function giveBack({ store }: SettleParts, row: NotificationRow, dueMs: number): Promise<void> {
  await updateClaimed(store.db, row)
    .set({ due_at: new Date(dueMs).toISOString() })
    .execute();
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
