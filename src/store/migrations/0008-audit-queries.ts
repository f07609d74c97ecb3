import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** What a ledger is filtered by. Without an index, what is rare is looked for in all of a million entries. */
const FILTERS = ["profile_id", "integration_id", "operation", "action"];

export const auditQueries: Migration = {
  async up(db: Kysely<unknown>) {
    for (const column of FILTERS) {
      await db.schema
        .createIndex(`audit_entries_${column}`)
        .on("audit_entries")
        .columns(["workspace_id", column, "seq"])
        .execute();
    }
  },
};
