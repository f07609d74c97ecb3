import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const grantEnv: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable("grants")
      .addColumn("env", "text", (column) => column.notNull().defaultTo("[]"))
      .execute();
  },
};
