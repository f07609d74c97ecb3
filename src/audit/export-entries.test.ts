import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { AuditEntryRow } from "../store/tables.ts";
import { hashLink } from "./chain.ts";
import { exportEntries } from "./export-entries.ts";

const ROW: AuditEntryRow = {
  workspace_id: "ws_1",
  seq: 1,
  at: "2026-01-01T00:00:00.000Z",
  action: "call.intent",
  actor: "cli",
  profile_id: null,
  integration_id: "int_1",
  operation: "github.create_issue",
  details: '{"call":"call_1"}',
  previous: "",
  hash: "ab",
};

async function* rowsOf(count: number, part: Partial<AuditEntryRow> = {}): AsyncGenerator<AuditEntryRow> {
  for (let seq = 1; seq <= count; seq += 1) yield { ...ROW, ...part, seq };
}

const whole = async (pieces: AsyncIterable<string>) =>
  Buffer.concat(
    await Readable.from(pieces)
      .map((piece: string) => Buffer.from(piece))
      .toArray(),
  ).toString();

test("a line of JSON holds all that an entry's hash is made of", async () => {
  const row = { ...ROW, hash: hashLink(ROW) };

  const line = JSON.parse(await whole(exportEntries(rowsOf(1, row), "jsonl"))) as AuditEntryRow;

  expect(line).toEqual(row);
  expect(hashLink(line)).toBe(line.hash);
});

test("CSV has its columns first, and quotes what must be", async () => {
  const written = await whole(exportEntries(rowsOf(1, { operation: 'a,"b"\nc' }), "csv"));

  expect(written).toBe(
    "workspace_id,seq,at,action,actor,profile_id,integration_id,operation,details,previous,hash\r\n" +
      'ws_1,1,2026-01-01T00:00:00.000Z,call.intent,cli,,int_1,"a,""b""\nc","{""call"":""call_1""}",,ab\r\n',
  );
});

test.each(["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1+1"])("%j is no formula in CSV", async (operation) => {
  const written = await whole(exportEntries(rowsOf(1, { operation }), "csv"));

  expect(written).toContain(`'${operation}`);
});

test("nor is what comes after a semicolon, where spreadsheets take it for the end of a cell", async () => {
  const written = await whole(exportEntries(rowsOf(1, { operation: "github POST /x;=HYPERLINK(1);y" }), "csv"));

  expect(written).toContain(",github POST /x;'=HYPERLINK(1);y,");
});

test("of no entries JSON has no line, and CSV its columns", async () => {
  expect(await whole(exportEntries(rowsOf(0), "jsonl"))).toBe("");
  expect(await whole(exportEntries(rowsOf(0), "csv"))).toMatch(/^workspace_id,.*\r\n$/);
});

test("entries come in pieces, so a million are never in memory together", async () => {
  const sizes: number[] = [];
  for await (const piece of exportEntries(rowsOf(100_000), "jsonl")) sizes.push(piece.length);

  expect(Math.max(...sizes)).toBeLessThan(200_000);
  expect(sizes.length).toBe(200);
});
