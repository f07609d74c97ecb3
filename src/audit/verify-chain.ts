import { setImmediate } from "node:timers/promises";
import type { Db } from "../store/open.ts";
import type { AuditEntryRow } from "../store/tables.ts";
import { type Head, hashLink, ROOT } from "./chain.ts";

/** What a check of a workspace's chain found; `entries` counts the good ones before the first fault. */
export type Verdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly entries: number; readonly brokenAt: number; readonly reason: string };

interface Fault {
  readonly brokenAt: number;
  /** Of the entry at `brokenAt`, as half a sentence. */
  readonly reason: string;
}

const BATCH = 1000;

/**
 * Recomputes a workspace's chain as it stands now and reports the first link that does not hold.
 *
 * The hashes have no key: someone who can write to the database could recompute all of them. Whoever keeps an anchor, the
 * end of the chain as it once was, elsewhere finds that, too: the chain must still contain it.
 */
export async function verifyChain(db: Db, workspaceId: string, anchor: Head = ROOT): Promise<Verdict> {
  const end = await readEnd(db, workspaceId);
  let head = ROOT;
  for await (const row of readEntries(db, workspaceId, end.seq)) {
    const fault = findFault(row, head);
    if (fault) return { ok: false, entries: head.seq, ...fault };
    if (row.seq === anchor.seq && row.hash !== anchor.hash) {
      return { ok: false, entries: head.seq, brokenAt: row.seq, reason: "it is not the one that was anchored" };
    }
    head = row;
  }
  const fault = findFaultAtEnd(head, end);
  if (fault) return { ok: false, entries: head.seq, ...fault };
  if (head.seq < anchor.seq) {
    return {
      ok: false,
      entries: head.seq,
      brokenAt: head.seq + 1,
      reason: `it is missing, and all up to ${anchor.seq}`,
    };
  }
  return { ok: true, entries: head.seq, head: head.hash };
}

interface End extends Head {
  /** The highest number of any entry, also of one that was added behind the head's back. */
  readonly highest: number;
}

// One statement, so that what others append meanwhile is either in all three or in none.
async function readEnd(db: Db, workspaceId: string): Promise<End> {
  const row = await db
    .selectFrom("audit_entries")
    .select(({ fn, selectFrom }) => [
      fn.max("seq").as("highest"),
      selectFrom("audit_heads").select("seq").where("workspace_id", "=", workspaceId).as("seq"),
      selectFrom("audit_heads").select("hash").where("workspace_id", "=", workspaceId).as("hash"),
    ])
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  return { seq: row?.seq ?? ROOT.seq, hash: row?.hash ?? ROOT.hash, highest: row?.highest ?? ROOT.seq };
}

/** A workspace's entries up to those that are there now, the oldest first, some at a time. */
export async function* readChain(db: Db, workspaceId: string): AsyncGenerator<AuditEntryRow> {
  const { highest } = await readEnd(db, workspaceId);
  yield* readEntries(db, workspaceId, highest);
}

/** The end of a workspace's chain as it stands now. */
export async function readHead(db: Db, workspaceId: string): Promise<Head> {
  const { seq, hash } = await readEnd(db, workspaceId);
  return { seq, hash };
}

async function* readEntries(db: Db, workspaceId: string, lastSeq: number): AsyncGenerator<AuditEntryRow> {
  let seen = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = await db
      .selectFrom("audit_entries")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where("seq", ">", seen)
      .where("seq", "<=", lastSeq)
      .orderBy("seq")
      .limit(BATCH)
      .execute();
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    seen = last.seq;
    // SQLite answers without leaving this turn of the event loop; a million rows must not hold up everyone else.
    await setImmediate();
  }
}

function findFault(row: AuditEntryRow, head: Head): Fault | undefined {
  const expected = head.seq + 1;
  if (row.seq < expected) return { brokenAt: row.seq, reason: "it was inserted" };
  if (row.seq > expected) return { brokenAt: expected, reason: "it is missing" };
  if (row.hash !== hashLink(row)) return { brokenAt: row.seq, reason: "it was changed" };
  if (row.previous !== head.hash) {
    return { brokenAt: row.seq, reason: "it does not follow the one before it" };
  }
  return undefined;
}

function findFaultAtEnd(head: Head, end: End): Fault | undefined {
  const next = head.seq + 1;
  if (head.seq < end.seq) return { brokenAt: next, reason: `it is missing, and all up to ${end.seq}` };
  if (head.hash !== end.hash) {
    return { brokenAt: head.seq, reason: "it is not the one that was written last" };
  }
  if (end.highest > end.seq) return { brokenAt: next, reason: "it lies beyond the end of the chain" };
  return undefined;
}
