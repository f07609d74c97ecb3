import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const decisions: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("approvals").addColumn("used_at", "text").execute();
    await db.schema.alterTable("requests").addColumn("operations", "text").execute();
  },
};
