import { hash } from "node:crypto";
import type { AuditEntryRow, AuditHeadRow } from "../store/tables.ts";

/** An entry that has no place in its workspace's chain yet. */
export type LooseEntry = Omit<AuditEntryRow, "seq" | "previous" | "hash">;

/** The last link of a chain. */
export type Head = Omit<AuditHeadRow, "workspace_id">;

/** What the first link of every chain follows. */
export const ROOT: Head = { seq: 0, hash: "" };

/** Makes entries the links that follow `head`, in their order. */
export function chainEntries(head: Head, entries: readonly LooseEntry[]): AuditEntryRow[] {
  let last = head;
  return entries.map((entry) => {
    const link = { ...entry, seq: last.seq + 1, previous: last.hash };
    const row = { ...link, hash: hashLink(link) };
    last = row;
    return row;
  });
}

/**
 * SHA-256 of the JSON list of a link's fields, in this order, hex.
 *
 * A list of JSON strings can't be read in two ways, whatever the fields hold. Every entry that was ever written depends on
 * the order, so it never changes.
 */
export function hashLink(link: Omit<AuditEntryRow, "hash">): string {
  const fields = [
    link.workspace_id,
    link.seq,
    link.at,
    link.action,
    link.actor,
    link.profile_id,
    link.integration_id,
    link.operation,
    link.details,
    link.previous,
  ];
  return hash("sha256", JSON.stringify(fields));
}
