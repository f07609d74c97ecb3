import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { digest } from "./digest.ts";

test("a digest is the SHA-256 of the value's JSON with sorted keys", () => {
  const value = { b: [1, { d: null, c: "ü" }], a: true };

  expect(digest(value)).toBe(hash("sha256", '{"a":true,"b":[1,{"c":"ü","d":null}]}'));
});

test("the order of keys does not change a digest, at any depth", () => {
  const one = { title: "Bug", labels: [{ name: "x", color: "red" }], 10: "ten", 9: "nine" };
  const other = { 9: "nine", labels: [{ color: "red", name: "x" }], 10: "ten", title: "Bug" };

  expect(digest(one)).toBe(digest(other));
});

test("the order of a list, a type and an absent field each change a digest", () => {
  const digests = [
    { list: [1, 2] },
    { list: [2, 1] },
    { list: ["1", "2"] },
    { list: { 0: 1, 1: 2 } },
    {},
    [],
    "",
    0,
    null,
  ].map(digest);

  expect(new Set(digests).size).toBe(digests.length);
});

test("a field that JSON can't hold counts as absent", () => {
  expect(digest({ title: "Bug", body: undefined })).toBe(digest({ title: "Bug" }));
  expect(digest(undefined)).toBe(digest(null));
});

test("a key named like an object's own machinery is an ordinary key", () => {
  const hostile: unknown = JSON.parse('{"__proto__": {"admin": true}}');

  expect(digest(hostile)).not.toBe(digest({}));
});

test("a date counts as the text that JSON makes of it", () => {
  expect(digest({ due: new Date("2026-01-02T03:04:05Z") })).toBe(digest({ due: "2026-01-02T03:04:05.000Z" }));
});
