import type { Transaction } from "kysely";
import type { Store } from "./open.ts";
import type { Tables } from "./tables.ts";

/** The right to do something that one process does at a time. */
export interface Lease {
  readonly name: string;
  /** Higher than that of every holder before. */
  readonly fence: number;
}

/** Takes a lease that nobody holds, or whose holder has not renewed it in time; undefined where another holds it. */
export function takeLease(store: Store, name: string, leaseMs: number, nowMs = Date.now()): Promise<Lease | undefined> {
  return store.transaction(async (db) => {
    await db
      .insertInto("leases")
      .values({ name, fence: 0, held_until: null })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const query = db.selectFrom("leases").selectAll().where("name", "=", name);
    const row = await store.engine.lockRow(query).executeTakeFirstOrThrow();
    if (row.held_until !== null && row.held_until > new Date(nowMs).toISOString()) return undefined;
    const lease = { name, fence: row.fence + 1 };
    await db
      .updateTable("leases")
      .set({ fence: lease.fence, held_until: new Date(nowMs + leaseMs).toISOString() })
      .where("name", "=", name)
      .execute();
    return lease;
  });
}

/** Keeps a lease for longer; false where another has taken it. */
export async function renewLease(store: Store, { name, fence }: Lease, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await store.db
    .updateTable("leases")
    .set({ held_until: new Date(Date.now() + leaseMs).toISOString() })
    .where("name", "=", name)
    .where("fence", "=", fence)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Whether nobody has taken the lease since. Nobody can until the transaction ends. */
export async function holdsLease(store: Store, db: Transaction<Tables>, { name, fence }: Lease): Promise<boolean> {
  const query = db.selectFrom("leases").select("fence").where("name", "=", name);
  return (await store.engine.lockRow(query).executeTakeFirst())?.fence === fence;
}

/** Lets another take it at once. */
export async function endLease(store: Store, { name, fence }: Lease): Promise<void> {
  await store.db
    .updateTable("leases")
    .set({ held_until: null })
    .where("name", "=", name)
    .where("fence", "=", fence)
    .execute();
}
