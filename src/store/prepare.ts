import type { Compilable } from "kysely";
import type { Db } from "./open.ts";

/** Runs a query on the store or in one of its transactions, with values in the order in which the query names them. */
type Prepared<Row> = (db: Db, ...values: readonly unknown[]) => Promise<Row[]>;

/**
 * Writes the text of a query once; the values it is written with don't matter.
 *
 * For what calls wait for: Kysely takes longer to write a query than SQLite to run it.
 */
export function prepare<Row>(query: Compilable<Row>): Prepared<Row> {
  const compiled = query.compile();
  return async (db, ...parameters) => (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
}
