import { endApprovals } from "../access/approvals.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { checkDependents } from "./company.ts";
import type { ConnectParts } from "./connect.ts";
import { listIntegrations } from "./integrations.ts";
import { type Revocation, revokeAccess } from "./revoke-access.ts";
import { putCredentials } from "./sealed-credentials.ts";

/**
 * Ends an integration: its access is revoked at the service where that can be done, its credentials and grants are
 * deleted, its row stays as a record. What another connected service needs is refused.
 */
export async function disconnect(parts: ConnectParts, actor: string, integration: IntegrationRow): Promise<Revocation> {
  const { store, audit } = parts;
  await checkDependents(parts.catalog, integration, await listIntegrations(store.db, integration.workspace_id));
  const { service, label } = integration;
  const revocation = await revokeAccess(parts, integration);
  const { isRevoked, byHand } = revocation;
  await store.transaction(async (db) => {
    await putCredentials(db, integration, []);
    await db.deleteFrom("grants").where("integration_id", "=", integration.id).execute();
    await endApprovals(db, { workspaceId: integration.workspace_id, integrationId: integration.id });
    await db
      .updateTable("integrations")
      .set({ status: "disconnected", updated_at: new Date().toISOString() })
      .where("workspace_id", "=", integration.workspace_id)
      .where("id", "=", integration.id)
      .execute();
    await store.changes.record(db, { workspace_id: integration.workspace_id, profile_id: null });
    await audit.appendIn(db, {
      workspaceId: integration.workspace_id,
      action: "integration.disconnect",
      actor,
      integrationId: integration.id,
      details: { service, label, revoked: isRevoked, ...(byHand !== undefined && { by_hand: byHand }) },
    });
  });
  await store.changes.catchUp();
  return revocation;
}
