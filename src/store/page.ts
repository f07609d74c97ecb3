import { type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import { HubError } from "../errors.ts";
import type { Tables } from "./tables.ts";

/** Which part of a list is wanted. */
export interface PageAsked {
  readonly limit: number;
  /** The `next_cursor` of the page before; the list's beginning when absent. */
  readonly cursor?: string | undefined;
}

/** A part of a list, as it goes over the wire. */
export interface Page<Row> {
  readonly data: Row[];
  /** Null where the list ends. */
  readonly next_cursor: string | null;
}

/** Reads one page in the order of the ids, which is that of time: `asc` has the oldest first. */
export async function readPage<Table extends keyof Tables, Row extends { readonly id: string }>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  { limit, cursor }: PageAsked,
  order: "asc" | "desc",
): Promise<Page<Row>> {
  if (cursor !== undefined && !/^[a-z]+_[0-9a-z]{26}$/.test(cursor)) throw foreignCursor();
  const id = sql.ref("id");
  const after = sql.raw(order === "asc" ? ">" : "<");
  const rest = cursor === undefined ? query : query.where(sql<SqlBool>`${id} ${after} ${cursor}`);
  return toPage(
    await rest
      .orderBy(id, order)
      .limit(limit + 1)
      .execute(),
    limit,
    (row) => row.id,
  );
}

export function foreignCursor(): HubError {
  return new HubError("invalid_input", "The cursor is not one of this list's.", { hint: "Take next_cursor as it is." });
}

/** One page of a list that is in memory, in the order of its keys. */
export function cutPage<Row>(
  rows: readonly Row[],
  { limit, cursor = "" }: PageAsked,
  keyOf: (row: Row) => string,
): Page<Row> {
  const rest = rows
    .filter((row) => keyOf(row) > cursor)
    .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  return toPage(rest, limit, keyOf);
}

/** Makes a page of rows of which there is at least one more than fits where the list goes on. */
export function toPage<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => string): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: last !== undefined && rows.length > limit ? keyOf(last) : null };
}

export function mapPage<From, To>({ data, next_cursor }: Page<From>, map: (row: From) => To): Page<To> {
  return { data: data.map(map), next_cursor };
}
