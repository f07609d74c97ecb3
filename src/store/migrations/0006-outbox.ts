import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const outbox: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("notifications")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
      .addColumn("profile_id", "text", (column) => column.references("profiles.id"))
      .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("speaker", "text", (column) => column.notNull())
      .addColumn("content", "text", (column) => column.notNull())
      .addColumn("urgency", "text", (column) => column.notNull())
      .addColumn("dedupe_key", "text")
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("fence", "integer", (column) => column.notNull())
      .addColumn("due_at", "text", (column) => column.notNull())
      .addColumn("deferred", "integer", (column) => column.notNull())
      .addColumn("digest_id", "text")
      .addColumn("reason", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("delivered_at", "text")
      .execute();
    const indexes = {
      // What is due, and what was delivered long ago.
      notifications_due: ["status", "due_at"],
      notifications_workspace: ["workspace_id", "id"],
      notifications_status: ["workspace_id", "status", "id"],
      notifications_dedupe: ["profile_id", "dedupe_key"],
      notifications_digest: ["digest_id"],
    };
    for (const [name, columns] of Object.entries(indexes)) {
      await db.schema.createIndex(name).on("notifications").columns(columns).execute();
    }

    await db.schema
      .createTable("notification_paces")
      .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
      .addColumn("lane", "text", (column) => column.notNull())
      .addColumn("workspace_id", "text", (column) => column.notNull())
      .addColumn("slots", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("notification_paces_key", ["integration_id", "lane"])
      .execute();

    await db.schema.dropTable("owner_notices").execute();
  },
};
