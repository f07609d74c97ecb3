import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { decrypt, encrypt } from "./cipher.ts";

const KEY = randomBytes(32);
const PLAIN = Buffer.from("a secret of some length");

/** The text with one character replaced by its neighbour in the alphabet. */
function changeAt(text: string, index: number): string {
  const neighbour = String.fromCharCode(text.charCodeAt(index) ^ 1);
  return text.slice(0, index) + neighbour + text.slice(index + 1);
}

test("what was encrypted can be decrypted with the same key and context", () => {
  const text = encrypt(KEY, PLAIN, ["here", "there"]);

  expect(decrypt(KEY, text, ["here", "there"])).toEqual(PLAIN);
});

test("the same secret never looks the same twice", () => {
  const texts = Array.from({ length: 100 }, () => encrypt(KEY, PLAIN, []));

  expect(new Set(texts).size).toBe(100);
});

test("a text changed at any one place is refused", () => {
  const text = encrypt(KEY, PLAIN, ["here"]);

  const opened = Array.from(text, (_, index) => decrypt(KEY, changeAt(text, index), ["here"]));

  expect(opened).toEqual(Array.from(text, () => undefined));
});

test("a text cut at any place, or with more behind it, is refused", () => {
  const text = encrypt(KEY, PLAIN, ["here"]);

  const opened = Array.from(text, (_, length) => decrypt(KEY, text.slice(0, length), ["here"]));

  expect(opened).toEqual(Array.from(text, () => undefined));
  expect(decrypt(KEY, `${text}A`, ["here"])).toBeUndefined();
  expect(decrypt(KEY, `${text}\n`, ["here"])).toBeUndefined();
  expect(decrypt(KEY, `${text}=`, ["here"])).toBeUndefined();
});

test("another key is refused", () => {
  const text = encrypt(KEY, PLAIN, []);

  expect(decrypt(randomBytes(32), text, [])).toBeUndefined();
});

test.each([
  [
    ["a", "bc"],
    ["ab", "c"],
  ],
  [
    ["a", "b"],
    ["a", "b", ""],
  ],
  [
    ["a", "b"],
    ["b", "a"],
  ],
  [['a","b'], ["a", "b"]],
  [["a"], ["A"]],
])("a context of %j is not one of %j", (context, other) => {
  const text = encrypt(KEY, PLAIN, context);

  expect(decrypt(KEY, text, other)).toBeUndefined();
});
