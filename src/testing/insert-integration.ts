import type { Insertable } from "kysely";
import { newId } from "../store/ids.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";

/** Puts an account of GitHub into a workspace, without a service behind it, and gives its id. */
export async function insertIntegration(
  { db }: Pick<Store, "db">,
  parts: Partial<IntegrationRow> & Pick<IntegrationRow, "workspace_id">,
): Promise<string> {
  const at = "2026-01-01T00:00:00.000Z";
  const row: Insertable<IntegrationRow> = {
    id: newId("integration"),
    service: "github",
    connector_version: "1.0.0",
    label: "octocat",
    account_id: null,
    status: "active",
    status_reason: null,
    base_url: null,
    config: "{}",
    connected_at: at,
    created_at: at,
    updated_at: at,
    ...parts,
  };
  await db.insertInto("integrations").values(row).execute();
  return row.id;
}
