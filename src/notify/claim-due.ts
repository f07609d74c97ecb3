import type { Transaction } from "kysely";
import type { Db, Store } from "../store/open.ts";
import type { IntegrationRow, NotificationRow, Tables } from "../store/tables.ts";

const LOOKED_AT = 100;

/** Whose turn is over, and whose is next. */
export interface Claimer {
  readonly nowMs: number;
  /** How long nobody else gets what is claimed. */
  readonly leaseMs: number;
  readonly limit: number;
  /** Integrations of which none is claimed: those that are being sent through take one notification at a time. */
  readonly busy: readonly string[];
}

/**
 * Claims what is due, at most one notification for each integration: for the length of a lease nobody else gets it, and only
 * this claim's fence settles it.
 */
export async function claimDue(store: Store, { nowMs, leaseMs, limit, busy }: Claimer): Promise<NotificationRow[]> {
  const due = await findDue(store.db, nowMs, busy);
  const firsts = [...Map.groupBy(due, (row) => row.integration_id).values()].flatMap(([first]) => first ?? []);
  const wanted = firsts.slice(0, limit);
  if (wanted.length === 0) return [];

  const until = new Date(nowMs + leaseMs).toISOString();
  return store.transaction(async (db) => {
    const claimed: NotificationRow[] = [];
    for (const row of wanted) {
      const mine = await updateClaimed(db, row)
        .set({ fence: row.fence + 1, due_at: until, deferred: 0 })
        .returningAll()
        .executeTakeFirst();
      // What it waited for, and until when, is told as it was.
      if (mine) claimed.push({ ...mine, deferred: row.deferred, due_at: row.due_at });
    }
    return claimed;
  });
}

function findDue(db: Db, nowMs: number, busy: readonly string[]) {
  let query = db
    .selectFrom("notifications")
    .select(["id", "workspace_id", "integration_id", "fence", "deferred", "due_at"])
    .where("status", "=", "accepted")
    .where("due_at", "<=", new Date(nowMs).toISOString());
  if (busy.length > 0) query = query.where("integration_id", "not in", busy);
  return query.orderBy("due_at").limit(LOOKED_AT).execute();
}

/** The account that a notification goes through, disconnected or not. */
export function findIntegrationOf(db: Db, { workspace_id, integration_id }: NotificationRow): Promise<IntegrationRow> {
  return db
    .selectFrom("integrations")
    .selectAll()
    .where("workspace_id", "=", workspace_id)
    .where("id", "=", integration_id)
    .executeTakeFirstOrThrow();
}

type Claimed = Pick<NotificationRow, "id" | "workspace_id" | "fence">;

/** Changes a notification unless somebody has claimed it since. */
export function updateClaimed(db: Transaction<Tables> | Db, { id, workspace_id, fence }: Claimed) {
  return db
    .updateTable("notifications")
    .where("workspace_id", "=", workspace_id)
    .where("id", "=", id)
    .where("fence", "=", fence)
    .where("status", "=", "accepted");
}
