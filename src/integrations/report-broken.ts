import type { Transaction } from "kysely";
import type { Ledger } from "../access/grants.ts";
import type { CredentialField } from "../connector/auth.ts";
import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import { credentialFields } from "./credentials.ts";
import { readSealed } from "./sealed-credentials.ts";
import { TOKENS } from "./token-set.ts";

/** Has an integration's owner told that it must be reconnected, and why, in the transaction that finds it broken. */
export type TellOwner = (db: Transaction<Tables>, integration: IntegrationRow, reason: string) => Promise<void>;

export interface BrokenParts extends Ledger {
  readonly tellOwner: TellOwner;
  readonly onFault: (message: string, error: unknown) => void;
}

/** Gives an integration the status `error`, once, and has its owner told, once. False where it is not certain. */
export async function breakIntegration(
  parts: BrokenParts,
  integration: IntegrationRow,
  reason: string,
  isCertain: (db: Transaction<Tables>) => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const { store, audit, tellOwner } = parts;
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
      // What was found out is about the credentials that it had, not about those that it was given since.
      .where("connected_at", "is not distinct from", integration.connected_at)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return true;
    await store.changes.record(db, { workspace_id, profile_id: null });
    await tellOwner(db, integration, reason);
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
  return isBroken;
}

/** What callers are told of an integration that only its owner can mend. */
export function mustReconnect({ service, label }: IntegrationRow, reason: string): HubError {
  return new HubError("reconnect_required", `${service}:${label} must be reconnected. ${reason}`, {
    hint: `Ask the owner to reconnect ${service}.`,
    details: { service },
  });
}

/** What an owner runs to give an integration new access. It names no label, since services make some of those up. */
export async function reconnectCommand(db: Db, connector: Connector, { id, service }: IntegrationRow): Promise<string> {
  const kept = await readSealed(db, id);
  if (kept.some(({ field }) => field === TOKENS)) return `patchbay oauth start ${service} --integration ${id}`;
  // All that it has: new credentials take the place of all.
  const isWanted = ({ env, optional }: CredentialField) => optional !== true || kept.some(({ field }) => field === env);
  const fields = credentialFields(connector).filter(isWanted);
  return `patchbay credentials set ${id} ${fields.map(({ env }) => `--credential ${env}=…`).join(" ")}`;
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
