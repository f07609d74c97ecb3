import type { Transaction } from "kysely";
import type { Inbound, Poll } from "../connector/inbound.ts";
import { holdsLease } from "../store/leases.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import { type HearingParts, type Turn, withSession } from "./hearing-parts.ts";
import { pauseFor } from "./pause-for.ts";
import { readUpdate } from "./read-update.ts";
import { takeIn } from "./take-in.ts";

/** A service may number anew what comes after a silence of a week. */
const POSITION_MS = 6 * 24 * 60 * 60 * 1000;

/** A service that does not wait for news is not asked without a pause. */
const PAUSE_MS = 500;

/** Asks a service for what is new, again and again. Where it ended is stored together with what it told. */
export async function poll(
  parts: HearingParts,
  inbound: Inbound,
  { next }: Poll,
  row: IntegrationRow,
  { lease, signal, onHeard }: Turn,
): Promise<void> {
  const connector = await parts.catalog.connector(row.service);
  while (!signal.aborted) {
    const start = await readPosition(parts, row);
    const { updates, position } = await withSession(parts, { connector, row, signal }, ({ context }) =>
      next(context, start),
    );
    onHeard();
    if (updates.length === 0) {
      await pauseFor(PAUSE_MS, signal);
      continue;
    }
    const told = updates.flatMap((update) => readUpdate(parts, inbound, row, update));
    const isStored = await takeIn(parts, row, told, async (db) => {
      if (!(await holdsLease(parts.store, db, lease))) return false;
      await writePosition(db, row, position ?? null);
      return true;
    });
    if (!isStored) return;
  }
}

async function readPosition({ store }: HearingParts, { id }: IntegrationRow): Promise<string | undefined> {
  const found = await store.db
    .selectFrom("listeners")
    .select(["position", "position_at"])
    .where("integration_id", "=", id)
    .executeTakeFirst();
  const isRecent = found?.position_at != null && Date.parse(found.position_at) + POSITION_MS > Date.now();
  return isRecent ? (found.position ?? undefined) : undefined;
}

async function writePosition(db: Transaction<Tables>, { id, workspace_id }: IntegrationRow, position: string | null) {
  const reached = { position, position_at: new Date().toISOString() };
  await db
    .insertInto("listeners")
    .values({ integration_id: id, workspace_id, webhook: null, ...reached })
    .onConflict((conflict) => conflict.column("integration_id").doUpdateSet(reached))
    .execute();
}
