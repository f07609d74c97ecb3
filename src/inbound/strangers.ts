import type { Transaction } from "kysely";
import type { Said } from "../connector/inbound.ts";
import type { StrangerRow } from "../store/inbound-tables.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";

const GUESSES = 5;
const GUESSING_MS = 15 * 60 * 1000;

type Stranger = Pick<StrangerRow, "integration_id" | "person_id" | "workspace_id">;

function strangerOf({ id, workspace_id }: IntegrationRow, { person }: Said): Stranger {
  return { integration_id: id, person_id: person.id, workspace_id };
}

/** Whether someone may still try codes: five in a quarter of an hour may be wrong. */
export async function mayGuess(db: Transaction<Tables>, integration: IntegrationRow, said: Said): Promise<boolean> {
  const row = await findStranger(db, strangerOf(integration, said));
  return row === undefined || row.guesses < GUESSES || isOver(row);
}

/** Counts a wrong code. */
export async function countGuess(db: Transaction<Tables>, integration: IntegrationRow, said: Said): Promise<void> {
  const stranger = strangerOf(integration, said);
  const row = await findStranger(db, stranger);
  const isFirst = row === undefined || isOver(row);
  const counted = {
    guesses: isFirst ? 1 : row.guesses + 1,
    guessing_since: isFirst ? new Date().toISOString() : row.guessing_since,
  };
  await db
    .insertInto("strangers")
    .values({ ...stranger, told_at: null, ...counted })
    .onConflict((conflict) => conflict.columns(["integration_id", "person_id"]).doUpdateSet(counted))
    .execute();
}

/** Whether someone has not been told yet that nobody hears; from now on it has. */
export async function isNewStranger(
  db: Transaction<Tables>,
  integration: IntegrationRow,
  said: Said,
): Promise<boolean> {
  const told = { told_at: new Date().toISOString() };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("strangers")
    .values({ ...strangerOf(integration, said), ...told, guesses: 0, guessing_since: null })
    .onConflict((conflict) =>
      conflict.columns(["integration_id", "person_id"]).doUpdateSet(told).where("strangers.told_at", "is", null),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

function findStranger(db: Transaction<Tables>, stranger: Stranger): Promise<StrangerRow | undefined> {
  return db
    .selectFrom("strangers")
    .selectAll()
    .where("integration_id", "=", stranger.integration_id)
    .where("person_id", "=", stranger.person_id)
    .executeTakeFirst();
}

function isOver({ guessing_since }: StrangerRow): boolean {
  return guessing_since === null || Date.parse(guessing_since) + GUESSING_MS <= Date.now();
}
