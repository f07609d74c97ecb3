import { expect, test } from "vitest";
import { parseLocatedJson } from "./located-json.ts";

test.each([
  "null",
  "-0.5e+10",
  " [ ] ",
  "{}",
  '[1, [true, {"a": [false, null]}], "x"]',
  String.raw`{"a\"\\b": "\u00e9\n\t", "": {"c": 0}}`,
  '{"__proto__": {"polluted": true}}',
  '"\u2028 \u{1f600}"',
])("reads %s as JSON.parse does", (text) => {
  const { value } = parseLocatedJson(text, "a.json");

  expect(value).toEqual(JSON.parse(text));
});

test("a byte order mark is skipped", () => {
  const { value } = parseLocatedJson('\uFEFF{"a": 1}', "a.json");

  expect(value).toEqual({ a: 1 });
});

test("knows the line of every name and item, and of what is around something that is not there", () => {
  const text = '{\n  "server": {\n    "port":\n      7300\n  },\n  "list": [\n    {},\n    { "a": 1 }\n  ]\n}\n';

  const { lineOf } = parseLocatedJson(text, "a.json");

  expect(lineOf([])).toBe(1);
  expect(lineOf(["server"])).toBe(2);
  expect(lineOf(["server", "port"])).toBe(3);
  expect(lineOf(["list", 0])).toBe(7);
  expect(lineOf(["list", 1, "a"])).toBe(8);
  expect(lineOf(["list", 1, "missing", "deeper"])).toBe(8);
  expect(lineOf(["missing"])).toBe(1);
});

test.each([
  ["", "a.json:1: the file is not valid JSON: a value is missing at the end."],
  ['{"a": 1,\n}', "a.json:2: the file is not valid JSON: a name in double quotes is missing."],
  ['{\n"a" 1}', 'a.json:2: the file is not valid JSON: a ":" is missing.'],
  ["[1\n2]", 'a.json:2: the file is not valid JSON: a "," or "]" is missing.'],
  ['{\n"a": 1\n\n', 'a.json:2: the file is not valid JSON: a "," or "}" is missing at the end.'],
  ["[1,\n]", "a.json:2: the file is not valid JSON: a value is missing."],
  ["{}\n{}", "a.json:2: the file is not valid JSON: something follows its end."],
  ["// comment\n{}", "a.json:1: the file is not valid JSON: something is neither a value nor punctuation."],
  ['{\n"a": 01}', "a.json:2: the file is not valid JSON: something is neither a value nor punctuation."],
  ['{\n"a": "open\n}', "a.json:2: the file is not valid JSON: something is neither a value nor punctuation."],
  ["[truest]", "a.json:1: the file is not valid JSON: something is neither a value nor punctuation."],
  ['{"a": {\n"b": 1,\n"b": 2}}', "a.json:3: the file is not valid JSON: a.b is there twice."],
])("refuses %j naming the line", (text, message) => {
  expect(() => parseLocatedJson(text, "a.json")).toThrow(expect.objectContaining({ code: "invalid_input", message }));
});

test("never quotes the text, which may hold a secret", () => {
  const text = '{"credentials": {"TOKEN": sentinel}}';

  expect(() => parseLocatedJson(text, "a.json")).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("sentinel") }),
  );
});
