import type { Transaction } from "kysely";
import type { Ledger } from "../access/grants.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";

/** Tells an integration's owner that it must be reconnected, and why. */
export type TellOwner = (integration: IntegrationRow, reason: string) => Promise<void>;

export interface BrokenParts extends Ledger {
  readonly tellOwner: TellOwner;
  readonly onFault: (message: string, error: unknown) => void;
}

/**
 * Gives an integration the status `error`, once, and tells its owner, once. A process that dies between the two leaves
 * a note by which `tellUntold` does. False where it is not certain.
 */
export async function breakIntegration(
  parts: BrokenParts,
  integration: IntegrationRow,
  reason: string,
  isCertain: (db: Transaction<Tables>) => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const { store, audit } = parts;
  const { id, workspace_id, service } = integration;
  const isBroken = await store.transaction(async (db) => {
    if (!(await isCertain(db))) return false;
    const now = new Date().toISOString();
    const { numUpdatedRows } = await db
      .updateTable("integrations")
      .set({ status: "error", status_reason: reason, updated_at: now })
      .where("workspace_id", "=", workspace_id)
      .where("id", "=", id)
      .where("status", "in", ["active", "configured"])
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return true;
    await db
      .insertInto("owner_notices")
      .values({ integration_id: id, workspace_id, created_at: now })
      .onConflict((conflict) => conflict.column("integration_id").doNothing())
      .execute();
    await store.changes.record(db, { workspace_id, profile_id: null });
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor: "hub",
      action: "integration.error",
      integrationId: id,
      details: { service, reason },
    });
    return true;
  });
  await store.changes.catchUp();
  if (isBroken) await tell(parts, integration, reason);
  return isBroken;
}

/** What callers are told of an integration that only its owner can mend. */
export function mustReconnect({ service, label }: IntegrationRow, reason: string): HubError {
  return new HubError("reconnect_required", `${service}:${label} must be reconnected. ${reason}`, {
    hint: `Ask the owner to reconnect ${service}.`,
    details: { service },
  });
}

/** Tells the owners whom an earlier process did not get to tell. */
export async function tellUntold(parts: BrokenParts): Promise<void> {
  const rows = await parts.store.db
    .selectFrom("owner_notices")
    .innerJoin("integrations", "integrations.id", "owner_notices.integration_id")
    .selectAll("integrations")
    .where("integrations.status", "=", "error")
    .execute();
  for (const row of rows) await tell(parts, row, row.status_reason ?? "");
}

/** Whoever takes the note tells; it is put back where that fails. */
async function tell({ store, tellOwner, onFault }: BrokenParts, integration: IntegrationRow, reason: string) {
  const note = await store.db
    .deleteFrom("owner_notices")
    .where("integration_id", "=", integration.id)
    .returningAll()
    .executeTakeFirst();
  if (!note) return;
  try {
    await tellOwner(integration, reason);
  } catch (error) {
    await store.db.insertInto("owner_notices").values(note).execute();
    onFault(`The owner could not be told that ${integration.service}:${integration.label} is broken.`, error);
  }
}

/** A service has taken a credential that it had refused before. */
export async function mendIntegration({ store, audit }: Ledger, integration: IntegrationRow): Promise<void> {
  const { id, workspace_id, service } = integration;
  await store.transaction(async (db) => {
    const { numUpdatedRows } = await db
      .updateTable("integrations")
      .set({ status: "active", status_reason: null, updated_at: new Date().toISOString() })
      .where("workspace_id", "=", workspace_id)
      .where("id", "=", id)
      .where("status", "=", "error")
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await store.changes.record(db, { workspace_id, profile_id: null });
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor: "hub",
      action: "integration.mend",
      integrationId: id,
      details: { service },
    });
  });
  await store.changes.catchUp();
}
