import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from "kysely";
import type { Engine } from "./open.ts";

const BUSY_TIMEOUT_MS = 10_000;

/**
 * One file, one connection, WAL with a disk sync on each commit.
 *
 * Several processes may have the file open; a writer waits up to ten seconds for another.
 */
export async function openSqlite(path: string): Promise<Engine> {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  if (path !== ":memory:") chmodSync(path, 0o600);
  // Two processes that open a new file at once: SQLite refuses one of them without waiting.
  await whenFree(async () => database.pragma("journal_mode = WAL"));
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  // From here on `whenFree` waits: SQLite's own waiting would block a writer of the same process, too.
  database.pragma("busy_timeout = 0");

  const dataVersion = await whenFree(async () => database.prepare("pragma data_version").pluck());
  let seen: unknown;

  return {
    kind: "sqlite",
    dialect: new HubDialect(withPreparedStatements(database)),
    autoIncrement: (column) => column.primaryKey().autoIncrement(),
    autoIncrementType: "integer",
    lockRow: (query) => query,
    inOrder: () => Promise.resolve(),
    mayHaveForeignWrites() {
      try {
        const now = dataVersion.get();
        const changed = now !== seen;
        seen = now;
        return changed;
      } catch (error) {
        // Another process is repairing the file after a crash.
        if (isBusy(error)) return true;
        throw error;
      }
    },
  };
}

/** Keeps prepared statements, which Kysely would make anew for each query. */
function withPreparedStatements(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, Database.Statement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      let statement = statements.get(sql);
      if (!statement) {
        statement = database.prepare(sql);
        // Lists of values make ever new texts; a bound keeps them from piling up.
        if (statements.size > 500) statements.clear();
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

class HubDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): SqliteDriver {
    return new HubDriver({ database: this.#database });
  }

  override createAdapter(): SqliteAdapter {
    return new HubAdapter();
  }
}

class HubAdapter extends SqliteAdapter {
  /** SQLite does roll back a schema change; Kysely's default leaves half a migration behind when the process dies. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class HubDriver extends SqliteDriver {
  #connection: DatabaseConnection | undefined;

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= patient(await super.acquireConnection());
    return this.#connection;
  }

  /** Takes the write lock at once: a transaction that read before another process wrote could never begin to write. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

function patient(connection: DatabaseConnection): DatabaseConnection {
  return {
    executeQuery: (query) => whenFree(() => connection.executeQuery(query)),
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
  };
}

async function whenFree<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      await setTimeout(1);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
