import type { ColumnDefinitionBuilder, Dialect, SelectQueryBuilder, Transaction } from "kysely";
import { Kysely } from "kysely";
import { type Changes, watchChanges } from "./changes.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./tables.ts";

/** What SQLite and PostgreSQL do differently, each by its own function. */
export interface Engine {
  readonly kind: "sqlite" | "postgres";
  readonly dialect: Dialect;
  readonly autoIncrementType: "integer" | "bigserial";
  autoIncrement(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Keeps the selected rows from other writers until the transaction ends. */
  lockRow<Table extends keyof Tables, Row>(
    query: SelectQueryBuilder<Tables, Table, Row>,
  ): SelectQueryBuilder<Tables, Table, Row>;
  /** Makes transactions that call it commit one after the other. */
  inOrder(db: Transaction<Tables>): Promise<void>;
  /** Whether another process may have written since the last time this was asked; cheap enough to ask on every call. */
  mayHaveForeignWrites(): boolean;
}

/** A query runs on the store or inside one of its transactions. */
export type Db = Kysely<Tables>;

export interface Store {
  readonly engine: Engine;
  readonly db: Db;
  readonly changes: Changes;
  transaction<Result>(work: (db: Transaction<Tables>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Opens the hub's database and brings its schema up to date.
 *
 * `url` is `postgres://…`, a file path, or `:memory:`. Throws `unavailable` where it can't be opened and `conflict`
 * where a newer version of Patchbay has already changed its schema.
 */
export async function openStore(url: string): Promise<Store> {
  const engine = await openEngine(url);
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    await migrate(db, engine);
    const changes = await watchChanges(db, engine);
    return {
      engine,
      db,
      changes,
      transaction: (work) => db.transaction().execute(work),
      async close() {
        changes.stop();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

// Only the one that is used is loaded: each costs the start of every stdio process several milliseconds.
async function openEngine(url: string): Promise<Engine> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import("./postgres.ts");
    return openPostgres(url);
  }
  const { openSqlite } = await import("./sqlite.ts");
  return openSqlite(url);
}
