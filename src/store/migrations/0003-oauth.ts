import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const oauth: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("oauth_apps")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
      .addColumn("service", "text", (column) => column.notNull())
      .addColumn("client_id", "text", (column) => column.notNull())
      .addColumn("sealed_secret", "text")
      .addColumn("authorize_url", "text")
      .addColumn("token_url", "text")
      .addColumn("revoke_url", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("updated_at", "text", (column) => column.notNull())
      .addUniqueConstraint("oauth_apps_workspace_service", ["workspace_id", "service"])
      .execute();

    await db.schema
      .createTable("oauth_flows")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
      .addColumn("service", "text", (column) => column.notNull())
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("profile_id", "text")
      .addColumn("integration_id", "text")
      .addColumn("state_hash", "text", (column) => column.notNull().unique())
      .addColumn("sealed_verifier", "text")
      .addColumn("redirect_uri", "text", (column) => column.notNull())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("settings", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("reason", "text")
      .addColumn("account", "text")
      .addColumn("sealed_tokens", "text")
      .addColumn("confirm_hash", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("expires_at", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("oauth_flows_expires").on("oauth_flows").column("expires_at").execute();

    await db.schema
      .createTable("token_leases")
      .addColumn("integration_id", "text", (column) => column.primaryKey().references("integrations.id"))
      .addColumn("workspace_id", "text", (column) => column.notNull())
      .addColumn("fence", "integer", (column) => column.notNull())
      .addColumn("written", "integer", (column) => column.notNull())
      .addColumn("held_until", "text")
      .addColumn("failures", "integer", (column) => column.notNull())
      .addColumn("retry_at", "text")
      .execute();

    await db.schema
      .createTable("owner_notices")
      .addColumn("integration_id", "text", (column) => column.primaryKey().references("integrations.id"))
      .addColumn("workspace_id", "text", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .execute();
  },
};
