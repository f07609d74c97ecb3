import { expect, test } from "vitest";
import { showArguments, showText } from "./show-arguments.ts";

test("arguments are indented", () => {
  expect(showArguments('{"owner":"acme","labels":["bug"]}')).toEqual({
    text: '{\n  "owner": "acme",\n  "labels": [\n    "bug"\n  ]\n}',
    isWhole: true,
  });
});

test("what was cut is shown as it is, and said to be cut", () => {
  expect(showArguments('{"body":"long …')).toEqual({ text: '{"body":"long …', isWhole: false });
});

test.each([
  ["turned around", "\u202Egpj.exe", String.raw`\u{202e}gpj.exe`],
  ["without width", "pay\u200Bpal", String.raw`pay\u{200b}pal`],
  ["a letter that is blank", "a\u3164b", String.raw`a\u{3164}b`],
  ["a tag that only models read", "\u{E0041}", String.raw`\u{e0041}`],
  ["a control character", "a\u0085b", String.raw`a\u{85}b`],
  ["a line break of its own kind", "a\u2028b", String.raw`a\u{2028}b`],
])("text that is %s is spelled out", (_, hidden, seen) => {
  expect(showText(hidden)).toBe(seen);
  expect(showArguments(JSON.stringify({ title: hidden })).text).toContain(seen);
});

test("what can be seen stays as it is", () => {
  expect(showText("Grüße, 世界 ✓ 🚀\nsecond line")).toBe("Grüße, 世界 ✓ 🚀\nsecond line");
});
