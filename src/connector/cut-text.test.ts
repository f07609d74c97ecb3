import { expect, test } from "vitest";
import { cutText } from "./cut-text.ts";

test.each([
  ["abcd", 4, "abcd"],
  ["abcde", 4, "abc…"],
  ["ab😀de", 4, "ab\uFFFD…"],
])("%s cut to %i is %s", (text, limit, expected) => {
  expect(cutText(text, limit)).toBe(expected);
});
