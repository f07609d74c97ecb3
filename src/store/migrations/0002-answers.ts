import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const answers: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("answers")
      .addColumn("workspace_id", "text", (column) => column.notNull().references("workspaces.id"))
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("idempotency_key", "text", (column) => column.notNull())
      .addColumn("request", "text", (column) => column.notNull())
      .addColumn("status", "integer")
      .addColumn("body", "text")
      .addColumn("expires_at", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("answers_key", ["workspace_id", "actor", "idempotency_key"])
      .execute();
    await db.schema.createIndex("answers_expires").on("answers").column("expires_at").execute();
  },
};
