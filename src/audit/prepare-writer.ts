import type { Transaction } from "kysely";
import type { Store } from "../store/open.ts";
import { prepare } from "../store/prepare.ts";
import type { AuditEntryRow, Tables } from "../store/tables.ts";
import { chainEntries, type Head, type LooseEntry, ROOT } from "./chain.ts";

type WriteEntries = (transaction: Transaction<Tables>, entries: readonly LooseEntry[]) => Promise<void>;

/** Gives the insert its columns and their order; the values don't matter. */
const ANY_ROW: AuditEntryRow = {
  workspace_id: "",
  seq: 0,
  at: "",
  action: "",
  actor: "",
  profile_id: "",
  integration_id: "",
  operation: "",
  details: "",
  previous: "",
  hash: "",
};
const COLUMNS = Object.keys(ANY_ROW) as (keyof AuditEntryRow)[];
const ROWS_PER_INSERT = 32;

/** Returns the function that links entries to the ends of their workspaces' chains. */
export function prepareWriter({ db, engine }: Store): WriteEntries {
  const lockHead = prepare(
    engine.lockRow(db.selectFrom("audit_heads").select(["seq", "hash"]).where("workspace_id", "=", "")),
  );
  const moveHead = prepare(db.updateTable("audit_heads").set({ seq: 0, hash: "" }).where("workspace_id", "=", ""));
  const inserts = new Map<number, ReturnType<typeof prepareInsert>>();
  const prepareInsert = (count: number) =>
    prepare(db.insertInto("audit_entries").values(Array.from({ length: count }, () => ANY_ROW)));

  async function findHead(transaction: Transaction<Tables>, workspaceId: string): Promise<Head> {
    const [head] = await lockHead(transaction, workspaceId);
    if (head) return head;

    const first = { workspace_id: workspaceId, ...ROOT };
    await transaction
      .insertInto("audit_heads")
      .values(first)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // Another process may have been first.
    const [created = ROOT] = await lockHead(transaction, workspaceId);
    return created;
  }

  async function insertRows(transaction: Transaction<Tables>, rows: readonly AuditEntryRow[]): Promise<void> {
    const insert = inserts.get(rows.length) ?? prepareInsert(rows.length);
    inserts.set(rows.length, insert);
    await insert(transaction, ...rows.flatMap((row) => COLUMNS.map((column) => row[column])));
  }

  return async function writeEntries(transaction, entries) {
    // In one order everywhere, so that two processes never wait for each other's chains.
    const chains = [...Map.groupBy(entries, (entry) => entry.workspace_id)].toSorted(([left], [right]) =>
      left < right ? -1 : 1,
    );
    for (const [workspaceId, loose] of chains) {
      const rows = chainEntries(await findHead(transaction, workspaceId), loose);
      for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
        await insertRows(transaction, rows.slice(start, start + ROWS_PER_INSERT));
      }
      const last = rows.at(-1) ?? ROOT;
      await moveHead(transaction, last.seq, last.hash, workspaceId);
    }
  };
}
