import { type Kysely, sql, type Transaction } from "kysely";
import { HubError } from "../errors.ts";
import type { Db, Store } from "./open.ts";
import type { Tables } from "./tables.ts";

type Row = Readonly<Record<string, unknown>>;
type AnyTables = Readonly<Record<string, Record<string, unknown>>>;

/** How many rows there are of each table. */
export type Moved = Readonly<Record<string, number>>;

const ROWS_PER_READ = 1_000;
/** PostgreSQL takes 65,535 in one statement. */
const VALUES_PER_INSERT = 60_000;

/**
 * Copies every table of a SQLite store into an empty one on PostgreSQL, all in one transaction: where anything fails, or
 * `check` throws at what has arrived, the target stays empty and it can be tried again.
 */
export async function moveStore(
  source: Store,
  target: Store,
  check: (db: Transaction<Tables>) => Promise<void>,
): Promise<Moved> {
  const names = await tablesInOrder(source.db);
  return target.transaction(async (db) => {
    await target.engine.inOrder(db);
    const inUse = await findFilled(db, names);
    if (inUse !== undefined) {
      throw new HubError("conflict", `The target is not empty: its table ${inUse} has rows.`, {
        hint: "Name a database that holds nothing, or empty this one.",
      });
    }
    const moved: Record<string, number> = {};
    for (const name of names) moved[name] = await copyTable(untyped(source.db), untyped(db), name);
    await setSequences(db);
    await check(db);
    return moved;
  });
}

function untyped(db: Db): Kysely<AnyTables> {
  return db as unknown as Kysely<AnyTables>;
}

/** Those that others refer to come first. */
async function tablesInOrder(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string; refers_to: string | null }>`
    select tables.name, keys."table" as refers_to
    from sqlite_master tables left join pragma_foreign_key_list(tables.name) keys
    where tables.type = 'table' and tables.name not like 'sqlite_%' and tables.name not like 'kysely_%'
  `.execute(db);
  const left = Map.groupBy(rows, ({ name }) => name);
  const ordered: string[] = [];
  while (left.size > 0) {
    const free = [...left].find(([name, keys]) =>
      keys.every(({ refers_to }) => refers_to === null || refers_to === name || ordered.includes(refers_to)),
    );
    if (!free) throw new Error(`the tables ${[...left.keys()].join(", ")} refer to one another`);
    ordered.push(free[0]);
    left.delete(free[0]);
  }
  return ordered;
}

async function findFilled(db: Db, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db);
    if (rows.length > 0) return name;
  }
  return undefined;
}

async function copyTable(source: Kysely<AnyTables>, target: Kysely<AnyTables>, name: string): Promise<number> {
  let after = 0;
  let copied = 0;
  for (;;) {
    const page = await sql<Row & { row_number: number }>`
      select rowid as row_number, * from ${sql.table(name)} where rowid > ${after} order by rowid limit ${ROWS_PER_READ}
    `.execute(source);
    const rows = page.rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([column]) => column !== "row_number")),
    );
    const perInsert = Math.floor(VALUES_PER_INSERT / Math.max(1, Object.keys(rows[0] ?? {}).length));
    for (let start = 0; start < rows.length; start += perInsert) {
      await target
        .insertInto(name)
        .values(rows.slice(start, start + perInsert))
        .execute();
    }
    copied += rows.length;
    const last = page.rows.at(-1);
    if (!last) return copied;
    after = last.row_number;
  }
}

/** The next number of a sequence comes after those that were copied. */
async function setSequences(db: Transaction<Tables>): Promise<void> {
  const tables = await db.introspection.getTables();
  for (const { name, columns } of tables) {
    for (const column of columns.filter(({ isAutoIncrementing }) => isAutoIncrementing)) {
      const next = sql`coalesce((select max(${sql.ref(column.name)}) from ${sql.table(name)}), 0) + 1`;
      await sql`select setval(pg_get_serial_sequence(${name}, ${column.name}), ${next}, false)`.execute(db);
    }
  }
}
