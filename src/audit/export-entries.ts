import type { AuditEntryRow } from "../store/tables.ts";

export const EXPORT_FORMATS = ["jsonl", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const COLUMNS = [
  "workspace_id",
  "seq",
  "at",
  "action",
  "actor",
  "profile_id",
  "integration_id",
  "operation",
  "details",
  "previous",
  "hash",
] as const satisfies readonly (keyof AuditEntryRow)[];

const ROWS_PER_PIECE = 500;

/** Writes entries in pieces of some hundred lines, whatever their number, with all that their hashes are made of. */
export async function* exportEntries(
  rows: AsyncIterable<AuditEntryRow>,
  format: ExportFormat,
): AsyncGenerator<string, void> {
  const write = format === "csv" ? toCsvLine : toJsonLine;
  let lines = format === "csv" ? [`${COLUMNS.join(",")}\r\n`] : [];
  for await (const row of rows) {
    lines.push(write(row));
    if (lines.length < ROWS_PER_PIECE) continue;
    yield lines.join("");
    lines = [];
  }
  if (lines.length > 0) yield lines.join("");
}

/** The details stay the text that they are: the hash is of that text. */
function toJsonLine(row: AuditEntryRow): string {
  return `${JSON.stringify(Object.fromEntries(COLUMNS.map((name) => [name, row[name]])))}\n`;
}

/** https://www.rfc-editor.org/rfc/rfc4180 */
function toCsvLine(row: AuditEntryRow): string {
  return `${COLUMNS.map((name) => toCell(row[name])).join(",")}\r\n`;
}

/**
 * Agents choose some of the texts, and a spreadsheet would run one that begins as a formula. In many countries it takes a
 * semicolon for the end of a cell, whatever the quotes say.
 */
function toCell(value: string | number | null): string {
  const harmless = String(value ?? "").replaceAll(/(?<=^|[;\t\r\n])(?=[=+\-@＝＋－＠\t\r])/g, "'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
