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
import { HubError } from "../errors.ts";
import type { Engine } from "./open.ts";
import { openLogSync, type SyncFile } from "./sync-log.ts";

const BUSY_TIMEOUT_MS = 10_000;
const POLL_MS = 250;

/**
 * One file, one connection, and a write-ahead log that is on disk before a commit is told of.
 *
 * SQLite itself only syncs the log at checkpoints (`synchronous = NORMAL`): its sync on commit would hold up everything
 * else that the process does. Several processes may have the file open; a writer waits up to ten seconds for another.
 */
export async function openSqlite(path: string, sync?: SyncFile, isAlone = false): Promise<Engine> {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path, { timeout: isAlone ? 0 : BUSY_TIMEOUT_MS });
  if (isAlone) takeAlone(database);
  if (path !== ":memory:") chmodSync(path, 0o600);
  // Two processes that open a new file at once: SQLite refuses one of them without waiting.
  await whenFree(async () => database.pragma("journal_mode = WAL"));
  database.pragma("synchronous = NORMAL");
  database.pragma("foreign_keys = ON");
  // From here on `whenFree` waits: SQLite's own waiting would block a writer of the same process, too.
  database.pragma("busy_timeout = 0");

  const dataVersion = await whenFree(async () => database.prepare("pragma data_version").pluck());
  let seen: unknown;

  function mayHaveForeignWrites(): boolean {
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
  }

  return {
    kind: "sqlite",
    dialect: new HubDialect(withPreparedStatements(database), openDurability(database, path, sync)),
    autoIncrement: (column) => column.primaryKey().autoIncrement(),
    autoIncrementType: "integer",
    lockRow: (query) => query,
    inOrder: () => Promise.resolve(),
    // A file has no replicas: who starts a second hub on it gets the first one's port refused.
    alone: (work) => work(),
    mayHaveForeignWrites,
    isAway,
    connections: () => ({}),
    backUp: (file) => copyWhole(database, file),
    announce: () => Promise.resolve(),
    watch(look) {
      let isBehind = false;
      const timer = setInterval(() => {
        if (!mayHaveForeignWrites() && !isBehind) return;
        isBehind = false;
        // A file that is locked for long is asked again at the next tick; calls meanwhile get its error themselves.
        look().catch(() => (isBehind = true));
      }, POLL_MS);
      timer.unref();
      return () => Promise.resolve(clearInterval(timer));
    },
  };
}

/** Keeps every other process out for as long as it is open, and throws where one is in. */
function takeAlone(database: Database.Database): void {
  database.pragma("locking_mode = EXCLUSIVE");
  try {
    database.exec("begin immediate; commit");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new HubError("conflict", "Another process has the database open.", {
      hint: "Stop the hub and whatever else uses it, then try again.",
      cause: error,
    });
  }
}

/** In one step, since a write of another process would make it begin anew. */
async function copyWhole(database: Database.Database, file: string): Promise<void> {
  await database.backup(file, { progress: ({ totalPages }) => Math.max(totalPages, 1) });
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

/** What a connection does so that nothing is told that a crash of the machine could undo. */
interface Durability {
  /** Whether anything was written since this was last asked. */
  hasWritten(): boolean;
  /** Whether there is anything to roll back: SQLite has itself undone what ran into a full disk. */
  isInTransaction(): boolean;
  settle(): Promise<void>;
  close(): Promise<void>;
}

function openDurability(database: Database.Database, path: string, sync?: SyncFile): Durability {
  const log = path === ":memory:" ? undefined : openLogSync(`${path}-wal`, sync);
  const total = database.prepare("select total_changes()").pluck();
  let seen: unknown = 0;
  return {
    hasWritten() {
      const now = total.get();
      const hasChanged = now !== seen;
      seen = now;
      return hasChanged;
    },
    isInTransaction: () => database.inTransaction,
    settle: async () => log?.settle(),
    close: async () => log?.close(),
  };
}

class HubDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;
  readonly #durability: Durability;

  constructor(database: SqliteDatabase, durability: Durability) {
    super({ database });
    this.#database = database;
    this.#durability = durability;
  }

  override createDriver(): SqliteDriver {
    return new HubDriver(this.#database, this.#durability);
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

  /** There is one, whose turns `HubDriver` gives: Kysely would keep others waiting for a sync, too. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class HubDriver extends SqliteDriver {
  readonly #durability: Durability;
  readonly #takeTurn = openTurns();
  #connection: DatabaseConnection | undefined;
  #endTurn = (): void => {};

  constructor(database: SqliteDatabase, durability: Durability) {
    super({ database });
    this.#durability = durability;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#endTurn = await this.#takeTurn();
    this.#connection ??= patient(await super.acquireConnection());
    return this.#connection;
  }

  /** Whoever wrote waits for the disk, and the next has its turn meanwhile. */
  override async releaseConnection(): Promise<void> {
    const hasWritten = this.#durability.hasWritten();
    this.#endTurn();
    if (hasWritten) await this.#durability.settle();
  }

  override async destroy(): Promise<void> {
    await this.#durability.close();
    await super.destroy();
  }

  /** Takes the write lock at once: a transaction that read before another process wrote could never begin to write. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#durability.isInTransaction()) await super.rollbackTransaction(connection);
  }
}

/** Gives turns in the order in which they are asked for; each lasts until its holder ends it. */
function openTurns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    return resolve;
  };
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

/** A disk that is full, broken or not to be written to, and a file that others keep for long. */
function isAway(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(?:BUSY|FULL|IOERR|READONLY|CANTOPEN)/.test(error.code);
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
