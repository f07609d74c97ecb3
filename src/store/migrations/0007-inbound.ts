import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Engine } from "../open.ts";

export function inbound(engine: Engine): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("changes")
        .addColumn("topic", "text", (column) => column.notNull().defaultTo("access"))
        .execute();

      await db.schema
        .alterTable("profiles")
        .addColumn("runtime_integration_id", "text", (column) => column.references("integrations.id"))
        .execute();

      await db.schema
        .createTable("deliveries")
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("event", "text", (column) => column.notNull())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("type", "text", (column) => column.notNull())
        .addColumn("received_at", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("deliveries_key", ["integration_id", "event"])
        .execute();
      await db.schema.createIndex("deliveries_received").on("deliveries").column("received_at").execute();

      await db.schema
        .createTable("messages")
        .addColumn("seq", engine.autoIncrementType, engine.autoIncrement)
        .addColumn("id", "text", (column) => column.notNull().unique())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("chat", "text", (column) => column.notNull())
        .addColumn("thread", "text", (column) => column.notNull())
        .addColumn("person_id", "text", (column) => column.notNull())
        .addColumn("person_name", "text")
        .addColumn("text", "text", (column) => column.notNull())
        .addColumn("sent_at", "text")
        .addColumn("received_at", "text", (column) => column.notNull())
        .execute();
      await db.schema.createIndex("messages_profile").on("messages").columns(["profile_id", "seq"]).execute();

      await db.schema
        .createTable("message_marks")
        .addColumn("profile_id", "text", (column) => column.primaryKey().references("profiles.id"))
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("seq", "integer", (column) => column.notNull())
        .execute();

      await db.schema
        .createTable("links")
        .addColumn("id", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("thread", "text", (column) => column.notNull())
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("person_id", "text")
        .addColumn("created_at", "text", (column) => column.notNull())
        .addUniqueConstraint("links_thread", ["integration_id", "thread"])
        .execute();

      await db.schema
        .createTable("link_codes")
        .addColumn("hash", "text", (column) => column.primaryKey())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("profile_id", "text", (column) => column.notNull().references("profiles.id"))
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("created_at", "text", (column) => column.notNull())
        .addColumn("expires_at", "text", (column) => column.notNull())
        .execute();

      await db.schema
        .createTable("strangers")
        .addColumn("integration_id", "text", (column) => column.notNull().references("integrations.id"))
        .addColumn("person_id", "text", (column) => column.notNull())
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("told_at", "text")
        .addColumn("guesses", "integer", (column) => column.notNull())
        .addColumn("guessing_since", "text")
        .addPrimaryKeyConstraint("strangers_key", ["integration_id", "person_id"])
        .execute();

      await db.schema
        .createTable("leases")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("fence", "integer", (column) => column.notNull())
        .addColumn("held_until", "text")
        .execute();

      await db.schema
        .createTable("listeners")
        .addColumn("integration_id", "text", (column) => column.primaryKey().references("integrations.id"))
        .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
        .addColumn("position", "text")
        .addColumn("position_at", "text")
        .addColumn("webhook", "text")
        .execute();
    },
  };
}
