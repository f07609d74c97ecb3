import type { Transaction } from "kysely";
import type { Store } from "../store/open.ts";
import type { AuditEntryRow, Tables } from "../store/tables.ts";
import type { Head, LooseEntry } from "./chain.ts";
import { openEntryQueue } from "./entry-queue.ts";
import { prepareWriter } from "./prepare-writer.ts";
import { readChain, readHead, type Verdict, verifyChain } from "./verify-chain.ts";

/** Something that happened in a workspace. */
export interface AuditEntry {
  readonly workspaceId: string;
  /** E.g. `call.intent`, `call.outcome`, `grant.set`. */
  readonly action: string;
  /** Who did it: a key's id, `cli`, or `hub`. */
  readonly actor: string;
  readonly profileId?: string;
  readonly integrationId?: string;
  readonly operation?: string;
  /** Facts and digests; never an argument's or a secret's value. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditFilter extends Partial<Pick<AuditEntry, "action" | "profileId" | "integrationId" | "operation">> {
  readonly workspaceId: string;
  /** Only entries with a smaller number: the last one of the page before. */
  readonly before?: number;
  readonly limit: number;
}

/** The ledger of what happened: one chain of hashed entries for each workspace. */
export interface Audit {
  /**
   * Resolves once the entry is on disk, and throws `unavailable` when it can't be.
   *
   * Entries are kept in the order in which they were appended, and those of one moment share a commit. Within a
   * transaction use `appendIn`: this would wait for that transaction's end.
   */
  append(entry: AuditEntry): Promise<void>;
  /** `append` for what nobody waits for: it is on disk with the next entry that someone does, or some milliseconds later. */
  appendLater(entry: AuditEntry): Promise<void>;
  /** Adds an entry in the transaction of its cause, so that both are kept or neither. */
  appendIn(db: Transaction<Tables>, entry: AuditEntry): Promise<void>;
  /** The newest first. */
  list(filter: AuditFilter): Promise<AuditEntryRow[]>;
  /** Also proves, with an anchor, that the chain still contains what was its end. */
  verify(workspaceId: string, anchor?: Head): Promise<Verdict>;
  /** The end of the chain, to be kept where whoever can write to the database can't. */
  anchor(workspaceId: string): Promise<Head>;
  /** All of them, the oldest first, some in memory at a time. */
  entries(workspaceId: string): AsyncIterable<AuditEntryRow>;
  /** Resolves once no entry waits for its commit. */
  flush(): Promise<void>;
  /** How many entries wait for their commit to begin. */
  waiting(): number;
}

export function openAudit({ store, now = () => new Date() }: { store: Store; now?: () => Date }): Audit {
  const writeEntries = prepareWriter(store);
  const queue = openEntryQueue((entries) => store.transaction((db) => writeEntries(db, entries)));
  return {
    append: (entry) => queue.add(toLooseEntry(entry, now())),
    appendLater: (entry) => queue.addLater(toLooseEntry(entry, now())),
    appendIn: (db, entry) => writeEntries(db, [toLooseEntry(entry, now())]),
    async list(filter) {
      await queue.flush();
      return listEntries(store, filter);
    },
    verify: (workspaceId, anchor) => verifyChain(store.db, workspaceId, anchor),
    async anchor(workspaceId) {
      await queue.flush();
      return readHead(store.db, workspaceId);
    },
    async *entries(workspaceId) {
      await queue.flush();
      yield* readChain(store.db, workspaceId);
    },
    flush: queue.flush,
    waiting: queue.waiting,
  };
}

function toLooseEntry(entry: AuditEntry, at: Date): LooseEntry {
  return {
    workspace_id: entry.workspaceId,
    at: at.toISOString(),
    action: entry.action,
    actor: entry.actor,
    profile_id: entry.profileId ?? null,
    integration_id: entry.integrationId ?? null,
    // Agents may have made it up, and what a database keeps otherwise than it was given can't be verified.
    operation: entry.operation?.toWellFormed().replaceAll("\0", "\uFFFD") ?? null,
    details: JSON.stringify(entry.details ?? {}),
  };
}

function listEntries({ db }: Store, filter: AuditFilter): Promise<AuditEntryRow[]> {
  let query = db.selectFrom("audit_entries").selectAll().where("workspace_id", "=", filter.workspaceId);
  if (filter.action !== undefined) query = query.where("action", "=", filter.action);
  if (filter.profileId !== undefined) query = query.where("profile_id", "=", filter.profileId);
  if (filter.integrationId !== undefined) query = query.where("integration_id", "=", filter.integrationId);
  if (filter.operation !== undefined) query = query.where("operation", "=", filter.operation);
  if (filter.before !== undefined) query = query.where("seq", "<", filter.before);
  return query.orderBy("seq", "desc").limit(filter.limit).execute();
}
