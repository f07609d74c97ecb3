import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Engine } from "../open.ts";

export function first(engine: Engine): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("workspaces")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("mode", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addUniqueConstraint("workspaces_name_mode", ["name", "mode"])
        .execute();

      await db.schema
        .createTable("profiles")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("notification_channels", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addUniqueConstraint("profiles_workspace_name", ["workspace_id", "name"])
        .execute();

      await db.schema
        .createTable("keys")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("profile_id", "text", (column) => column.references("profiles.id"))
        .addColumn("hash", "text", (column) => column.notNull().unique())
        .addColumn("ending", "text", (column) => column.notNull())
        .addColumn("scopes", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("expires_at", "text")
        .addColumn("revoked_at", "text")
        .execute();

      await db.schema
        .createTable("integrations")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("service", "text", (column) => column.notNull())
        .addColumn("connector_version", "text", (column) => column.notNull())
        .addColumn("label", "text", (column) => column.notNull())
        .addColumn("account_id", "text")
        .addColumn("status", "text", (column) => column.notNull())
        .addColumn("status_reason", "text")
        .addColumn("base_url", "text")
        .addColumn("config", "text", (column) => column.notNull())
        .addColumn("connected_at", "text")
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("updated_at", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex("integrations_workspace_service")
        .on("integrations")
        .columns(["workspace_id", "service"])
        .execute();

      await db.schema
        .createTable("credentials")
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("field", "text", (column) => column.notNull())
        .addColumn("sealed", "text", (column) => column.notNull())
        .addColumn("updated_at", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("credentials_key", ["integration_id", "field"])
        .execute();

      await db.schema
        .createTable("data_keys")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("wrapped", "text", (column) => column.notNull())
        .addColumn("master_id", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("retired_at", "text")
        .execute();

      await db.schema
        .createTable("grants")
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("enabled", "integer", (column) => column.notNull())
        .addColumn("paused", "integer", (column) => column.notNull())
        .addColumn("policy", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("updated_at", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("grants_key", ["profile_id", "integration_id"])
        .execute();
      await db.schema.createIndex("grants_integration").on("grants").column("integration_id").execute();

      await db.schema
        .createTable("requests")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("service", "text", (column) => column.notNull())
        .addColumn("reason", "text", (column) => column.notNull())
        .addColumn("status", "text", (column) => column.notNull())
        .addColumn("answer", "text")
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("decided_at", "text")
        .execute();
      await db.schema
        .createIndex("requests_workspace_status")
        .on("requests")
        .columns(["workspace_id", "status", "service"])
        .execute();

      await db.schema
        .createTable("approvals")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("operation", "text", (column) => column.notNull())
        .addColumn("arguments_digest", "text", (column) => column.notNull())
        .addColumn("arguments_preview", "text", (column) => column.notNull())
        .addColumn("status", "text", (column) => column.notNull())
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("expires_at", "text", (column) => column.notNull())
        .addColumn("decided_at", "text")
        .execute();
      await db.schema
        .createIndex("approvals_call")
        .on("approvals")
        .columns(["profile_id", "integration_id", "operation", "arguments_digest"])
        .execute();
      await db.schema
        .createIndex("approvals_workspace_status")
        .on("approvals")
        .columns(["workspace_id", "status"])
        .execute();

      await db.schema
        .createTable("audit_entries")
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("seq", "bigint", (column) => column.notNull())
        .addColumn("at", "text", (column) => column.notNull())
        .addColumn("action", "text", (column) => column.notNull())
        .addColumn("actor", "text", (column) => column.notNull())
        .addColumn("profile_id", "text")
        .addColumn("integration_id", "text")
        .addColumn("operation", "text")
        .addColumn("details", "text", (column) => column.notNull())
        .addColumn("previous", "text", (column) => column.notNull())
        .addColumn("hash", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("audit_entries_key", ["workspace_id", "seq"])
        .execute();

      await db.schema
        .createTable("audit_heads")
        .addColumn("workspace_id", "text", (column) => column.primaryKey())
        .addColumn("seq", "bigint", (column) => column.notNull())
        .addColumn("hash", "text", (column) => column.notNull())
        .execute();

      await db.schema
        .createTable("pages")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("profile_id", "text", (column) => column.notNull())
        .addColumn("content", "text", (column) => column.notNull())
        .addColumn("expires_at", "text", (column) => column.notNull())
        .execute();
      await db.schema.createIndex("pages_expires").on("pages").column("expires_at").execute();

      await db.schema
        .createTable("settings")
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("value", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("settings_key", ["workspace_id", "name"])
        .execute();

      await db.schema
        .createTable("changes")
        .addColumn("seq", engine.autoIncrementType, engine.autoIncrement)
        .addColumn("workspace_id", "text", (column) => column.notNull())
        .addColumn("profile_id", "text")
        .addColumn("at", "text", (column) => column.notNull())
        .execute();
    },
  };
}
