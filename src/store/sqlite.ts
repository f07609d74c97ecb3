import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { SqliteDialect } from "kysely";
import type { Engine } from "./open.ts";

/**
 * One file, one connection, WAL with a disk sync on each commit.
 *
 * Several processes may have the file open; a writer waits up to ten seconds for another.
 */
export function openSqlite(path: string): Engine {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path, { timeout: 10_000 });
  if (path !== ":memory:") chmodSync(path, 0o600);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");

  const dataVersion = database.prepare("pragma data_version").pluck();
  let seen = dataVersion.get();

  return {
    kind: "sqlite",
    dialect: new SqliteDialect({ database: withPreparedStatements(database) }),
    autoIncrement: (column) => column.primaryKey().autoIncrement(),
    autoIncrementType: "integer",
    lockRow: (query) => query,
    inOrder: () => Promise.resolve(),
    mayHaveForeignWrites() {
      const now = dataVersion.get();
      const changed = now !== seen;
      seen = now;
      return changed;
    },
  };
}

/**
 * Keeps prepared statements, which Kysely would make anew for each query, and takes the write lock at `begin`: a
 * transaction that read before another process wrote could never be upgraded to write.
 */
function withPreparedStatements(database: Database.Database): {
  close(): void;
  prepare(sql: string): Database.Statement<unknown[]>;
} {
  const statements = new Map<string, Database.Statement<unknown[]>>();
  return {
    close: () => database.close(),
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) {
        statement = database.prepare<unknown[]>(sql === "begin" ? "begin immediate" : sql);
        // Lists of values make ever new texts; a bound keeps them from piling up.
        if (statements.size > 500) statements.clear();
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

