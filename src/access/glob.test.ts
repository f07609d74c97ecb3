import { expect, test } from "vitest";
import { matchesGlob } from "./glob.ts";

test.each([
  ["list_issues", "list_issues"],
  ["list_*", "list_issues"],
  ["list_*", "list_"],
  ["*", ""],
  ["**", "anything"],
  ["*_issue", "create_issue"],
  ["/repos/*/issues", "/repos/acme/web/issues"],
  ["a*b*c", "abbc"],
  ["a*ba", "aba"],
])("%s is matched by %s", (pattern, text) => {
  expect(matchesGlob(pattern, text)).toBe(true);
});

test.each([
  ["list_issues", "list_issue"],
  ["list_*", "relist_issues"],
  ["*_issue", "create_issues"],
  ["a*a", "a"],
  ["a*b*b", "ab"],
  ["/repos/*/issues", "/repos/issues"],
  [".*", "xy"],
])("%s is not matched by %s", (pattern, text) => {
  expect(matchesGlob(pattern, text)).toBe(false);
});

test("a pattern of many stars against a long text is answered without trying every way to split it", () => {
  const pattern = `${"*a".repeat(100)}*b`;

  expect(matchesGlob(pattern, "a".repeat(10_000))).toBe(false);
});
