import { PostgresDialect, sql } from "kysely";
import pg from "pg";
import { HubError } from "../errors.ts";
import { announce, listenForNews } from "./listen-for-news.ts";
import type { Engine } from "./open.ts";

// Counts and sequence numbers are far below 2^53; as text they would compare wrongly.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** A pool of up to ten connections to one PostgreSQL database, and one more on which its news is heard. */
export function openPostgres(url: string): Engine {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000 });
  // A connection that the server drops tells whoever uses it, and is replaced; without listeners it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
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
    alone: (work) => withLock(pool, work),
    mayHaveForeignWrites: () => false,
    isAway,
    connections: () => ({
      idle: pool.idleCount,
      busy: pool.totalCount - pool.idleCount,
      awaited: pool.waitingCount,
    }),
    backUp: () => Promise.reject(useTools()),
    announce,
    watch: (look) => listenForNews(url, look),
  };
}

/** SQLSTATE of a server that is lost, full, stopping, another's standby, or that rolled back for others' sake; or no answer. */
const AWAY = /^(?:08|40|53|57P|25006|55000)|^(?:ECONN|EPIPE|EHOST|ENET|ENOTFOUND|EAI_|ETIMEDOUT)/;
/** What pg says of a connection in its own words, without a code. */
const CUT =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return "code" in error && typeof error.code === "string" ? AWAY.test(error.code) : CUT.test(error.message);
}

function useTools(): HubError {
  return new HubError("invalid_input", "PostgreSQL has tools of its own for backups.", {
    hint: 'Use "pg_dump --format custom", and "pg_restore" to get it back.',
  });
}

/** The lock is the connection's, so it ends with the process that holds it. */
async function withLock<Result>(pool: pg.Pool, work: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock(7301)");
    return await work();
  } finally {
    // Closed rather than given back: it may have been lost, and its lock goes with it.
    client.release(true);
  }
}
