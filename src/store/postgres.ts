import { PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Engine } from "./open.ts";

// Counts and sequence numbers are far below 2^53; as text they would compare wrongly.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** A pool of up to ten connections to one PostgreSQL database. */
export function openPostgres(url: string): Engine {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000 });
  // An idle connection that the server drops is replaced on next use; without a listener it would end the process.
  pool.on("error", () => {});
  return {
    kind: "postgres",
    dialect: new PostgresDialect({ pool }),
    autoIncrement: (column) => column.primaryKey(),
    autoIncrementType: "bigserial",
    lockRow: (query) => query.forUpdate(),
    // Numbers from a sequence can commit out of order; a reader that remembers the last one would miss a late commit.
    inOrder: async (db) => {
      await sql`select pg_advisory_xact_lock(7300)`.execute(db);
    },
    mayHaveForeignWrites: () => false,
  };
}
