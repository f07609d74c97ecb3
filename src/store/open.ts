import type { ColumnDefinitionBuilder, Dialect, SelectQueryBuilder, Transaction } from "kysely";
import { Kysely } from "kysely";
import { HubError } from "../errors.ts";
import { type Changes, watchChanges } from "./changes.ts";
import { isCurrent, migrate } from "./migrate.ts";
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
  /** Runs long work in one replica at a time: what it finds missing and makes is then there for the next. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Whether another process may have written since the last time this was asked; cheap enough to ask on every call. */
  mayHaveForeignWrites(): boolean;
  /** Whether an error says that the database can't be used right now, rather than that a query is wrong. */
  isAway(error: unknown): boolean;
  /** How many connections there are, by what they do, and how many callers wait for one. */
  connections(): Readonly<Record<string, number>>;
  /** Copies the whole database into a new file while others use it. */
  backUp(file: string): Promise<void>;
  /** Has the other processes look for what is new as soon as the transaction has committed. */
  announce(db: Transaction<Tables>): Promise<void>;
  /** Calls `look` when another process may have written something new. The returned function ends that. */
  watch(look: () => Promise<void>): () => Promise<void>;
}

/** A query runs on the store or inside one of its transactions. */
export type Db = Kysely<Tables>;

export interface Store {
  readonly engine: Engine;
  readonly db: Db;
  readonly changes: Changes;
  /** Whether the schema is what this version of Patchbay works with; throws where the database does not answer. */
  isCurrent(): Promise<boolean>;
  transaction<Result>(work: (db: Transaction<Tables>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Opens the hub's database and brings its schema up to date.
 *
 * `url` is `postgres://…`, a file path, or `:memory:`. Throws `unavailable` where it can't be opened and `conflict`
 * where a newer version of Patchbay has already changed its schema. With `isAlone`, it also throws `conflict` where another
 * process has the file open, and lets none open it.
 */
export async function openStore(url: string, isAlone = false): Promise<Store> {
  try {
    return await openOn(await openEngine(url, isAlone));
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError("unavailable", `The database ${nameDatabase(url)} can't be opened: ${explain(error)}.`, {
      hint: "Check that it is there, that Patchbay may write to it, and what PATCHBAY_HOME and PATCHBAY_DATABASE_URL say.",
      cause: error,
    });
  }
}

async function openOn(engine: Engine): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    await migrate(db, engine);
    const changes = await watchChanges(db, engine);
    return {
      engine,
      db,
      changes,
      isCurrent: () => isCurrent(db, engine),
      transaction: (work) => db.transaction().execute(work),
      async close() {
        await changes.stop();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Picks the engine by the URL, and loads only that one: each costs the start of a stdio process several milliseconds. */
export async function openEngine(url: string, isAlone = false): Promise<Engine> {
  if (isPostgres(url)) {
    const { openPostgres } = await import("./postgres.ts");
    return openPostgres(url);
  }
  const { openSqlite } = await import("./sqlite.ts");
  return openSqlite(url, undefined, isAlone);
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url);
}

/** Without the password that a URL may carry. */
function nameDatabase(url: string): string {
  if (!isPostgres(url)) return url;
  if (!URL.canParse(url)) return "in PATCHBAY_DATABASE_URL";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** The driver's own words; Node gives none, only a code, when a host refuses on each of its addresses. */
function explain(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || (code ?? "no reason was given");
}
