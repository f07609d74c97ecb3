import { expect, test } from "vitest";
import { renderTable, toPlain, widthOf } from "./table.ts";

test("columns are aligned under their names", () => {
  const table = renderTable(
    ["id", "created_at"],
    [
      ["a", "today"],
      ["longer", "then"],
    ],
    Infinity,
  );

  expect(table).toBe(["ID      CREATED AT", "a       today", "longer  then"].join("\n"));
});

test("prose is cut until a line fits", () => {
  const table = renderTable(["id", "what"], [["int_1", "a long story about what happened"]], 24);

  expect(table).toBe(["ID     WHAT", "int_1  a long story abo…"].join("\n"));
});

test("an id is whole however narrow the terminal is, and prose keeps its beginning", () => {
  const id = "int_01m81kmh9kecwaym90fxgjh2fe";

  const table = renderTable(
    ["id", "what", "status"],
    [
      [id, "a long story", "on"],
      [id, '{"json":"without a space"}', "on"],
    ],
    5,
  );

  expect(table.split("\n").slice(1)).toEqual([`${id}  a long story  on`, `${id}  {"json":"wi…  on`]);
});

test("characters that take two columns are counted as two", () => {
  const table = renderTable(
    ["name", "state"],
    [
      ["東京", "on"],
      ["🙂", "on"],
      ["é", "on"],
    ],
    Infinity,
  );

  expect(table).toBe(["NAME  STATE", "東京  on", "🙂    on", "é     on"].join("\n"));
  expect(widthOf("東京 🙂")).toBe(7);
});

test("what would steer a terminal is taken out of a cell", () => {
  const table = renderTable(["reason"], [["\u001b[31mred\u001b[0m\r\nand\u0007 \u202ereversed"]], Infinity);

  expect(table).toBe("REASON\nred and\u{fffd} \u{fffd}reversed");
  expect(toPlain("kept\n\tas it is")).toBe("kept\n\tas it is");
});
