import type { Transaction } from "kysely";
import type { Store } from "../store/open.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import { TOKENS } from "./token-set.ts";

/** Longer than a service may take to answer; after it another process may assume that the holder died. */
export const LEASE_MS = 30_000;

/** A turn at refreshing an integration's tokens, which one process has at a time. */
export interface Turn {
  readonly status: "taken";
  /** Higher than that of every turn before. */
  readonly fence: number;
  /** That of the turn by which the tokens were stored. */
  readonly written: number;
  /** The tokens as they are stored. */
  readonly sealed: string;
  /** How often in a row the service did not answer. */
  readonly failures: number;
}

type Attempt =
  | Turn
  /** By another process, or by one that died. */
  | { readonly status: "held" }
  /** The service did not answer, and is left alone until then. */
  | { readonly status: "resting"; readonly until: string }
  /** The integration has no tokens any more. */
  | { readonly status: "gone" };

/** Takes the turn if nobody has it. */
export function takeTurn(store: Store, integration: IntegrationRow, nowMs: number, leaseMs: number): Promise<Attempt> {
  const now = new Date(nowMs).toISOString();
  return store.transaction(async (db) => {
    await db
      .insertInto("token_leases")
      .values({ ...NEW_LEASE, integration_id: integration.id, workspace_id: integration.workspace_id })
      .onConflict((conflict) => conflict.column("integration_id").doNothing())
      .execute();
    const query = db.selectFrom("token_leases").selectAll().where("integration_id", "=", integration.id);
    const lease = await store.engine.lockRow(query).executeTakeFirstOrThrow();
    if (lease.held_until !== null && lease.held_until > now) return { status: "held" };
    if (lease.retry_at !== null && lease.retry_at > now) return { status: "resting", until: lease.retry_at };

    const stored = await db
      .selectFrom("credentials")
      .select("sealed")
      .where("integration_id", "=", integration.id)
      .where("field", "=", TOKENS)
      .executeTakeFirst();
    if (!stored) return { status: "gone" };
    const fence = lease.fence + 1;
    await updateLease(db, integration)
      .set({ fence, held_until: new Date(nowMs + leaseMs).toISOString() })
      .execute();
    return { status: "taken", fence, written: lease.written, sealed: stored.sealed, failures: lease.failures };
  });
}

const NEW_LEASE = { fence: 0, written: 0, held_until: null, failures: 0, retry_at: null };

/**
 * Stores what a turn has got, as part of a transaction; false where there is something newer, or nothing to renew any more.
 *
 * A turn that took longer than its lease may still store: its tokens are newer than those that were there when it began.
 */
export async function storeTokens(
  db: Transaction<Tables>,
  integration: IntegrationRow,
  { fence }: Turn,
  sealed: string,
): Promise<boolean> {
  const claimed = await updateLease(db, integration)
    .set({ written: fence, failures: 0, retry_at: null })
    // Equal where one turn renews several tokens.
    .where("written", "<=", fence)
    .executeTakeFirst();
  if (claimed.numUpdatedRows === 0n) return false;
  const stored = await db
    .updateTable("credentials")
    .set({ sealed, updated_at: new Date().toISOString() })
    .where("integration_id", "=", integration.id)
    .where("field", "=", TOKENS)
    .executeTakeFirst();
  return stored.numUpdatedRows > 0n;
}

/** Whether nobody else has stored tokens since the turn began. Nobody can until the transaction ends. */
export async function isStillLast(store: Store, db: Transaction<Tables>, integration: IntegrationRow, turn: Turn) {
  const query = db.selectFrom("token_leases").select("written").where("integration_id", "=", integration.id);
  const lease = await store.engine.lockRow(query).executeTakeFirst();
  return lease?.written === turn.written || lease?.written === turn.fence;
}

/** Lets others have their turn. After a failure of the service they leave it alone until `retryAt`. */
export async function endTurn(store: Store, integration: IntegrationRow, { fence, failures }: Turn, retryAt?: string) {
  await store.db
    .updateTable("token_leases")
    .set({ held_until: null, ...(retryAt !== undefined && { failures: failures + 1, retry_at: retryAt }) })
    .where("integration_id", "=", integration.id)
    .where("fence", "=", fence)
    .execute();
}

/** New credentials have come from elsewhere: whatever turns under way are about to get is older. */
export async function supersedeTurns(db: Transaction<Tables>, integration: IntegrationRow): Promise<void> {
  await updateLease(db, integration)
    .set(({ eb }) => ({ ...NEW_LEASE, fence: eb("fence", "+", 1), written: eb("fence", "+", 1) }))
    .execute();
}

function updateLease(db: Transaction<Tables>, { id }: IntegrationRow) {
  return db.updateTable("token_leases").where("integration_id", "=", id);
}
