import { expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

test.each([
  ["", "", 0],
  ["port", "port", 0],
  ["port", "", 4],
  ["", "port", 4],
  ["prot", "port", 2],
  ["hosts", "host", 1],
  ["kitten", "sitting", 3],
])("from %j to %j it takes %i edits", (left, right, edits) => {
  const distance = editDistance(left, right);

  expect(distance).toBe(edits);
});

test("the nearest three names come nearest first, those equally near by name", () => {
  const names = nearest("hots", ["limits", "ports", "host", "hosts", "publicUrl"]);

  expect(names).toEqual(["hosts", "host", "ports"]);
});
