import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** A label is the owner's to choose; what people call the account is not. */
export const accountNames: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("integrations").addColumn("account_name", "text").execute();
    await sql`update integrations set account_name = label`.execute(db);
  },
};
