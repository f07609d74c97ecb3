import type { Ledger } from "../access/grants.ts";
import type { IntegrationRow } from "../store/tables.ts";

/** Ends an integration: its credentials and grants are deleted, its row stays as a record. */
export async function disconnect({ store, audit }: Ledger, actor: string, integration: IntegrationRow): Promise<void> {
  await store.transaction(async (db) => {
    await db.deleteFrom("credentials").where("integration_id", "=", integration.id).execute();
    await db.deleteFrom("grants").where("integration_id", "=", integration.id).execute();
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
      details: { service: integration.service, label: integration.label },
    });
  });
  await store.changes.catchUp();
}
