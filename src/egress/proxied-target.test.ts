import { expect, test } from "vitest";
import { loosenPath, readMethod, readTarget } from "./proxied-target.ts";

const REFUSED = expect.objectContaining({ code: "address_refused" });
const WRONG = expect.objectContaining({ code: "invalid_input" });

test.each([
  ["/repos/acme/web", { path: "/repos/acme/web", query: "" }],
  ["", { path: "/", query: "" }],
  ["?q=a", { path: "/", query: "?q=a" }],
  ["/search?q=a%20b&u=https://x/../y", { path: "/search", query: "?q=a%20b&u=https://x/../y" }],
  ["/a?b?c", { path: "/a", query: "?b?c" }],
  ["/@evil.example/x:y@z", { path: "/@evil.example/x:y@z", query: "" }],
  ["/re%70os/%41%2d%2E%7e", { path: "/repos/A-.~", query: "" }],
  ["/projects/group%2fproject", { path: "/projects/group%2Fproject", query: "" }],
  ["/sites/https%3a%2f%2Fexample.com%2F", { path: "/sites/https%3A%2F%2Fexample.com%2F", query: "" }],
  ["/wiki/Caf%c3%a9", { path: "/wiki/Caf%C3%A9", query: "" }],
  ["/a/..b/c../...", { path: "/a/..b/c../...", query: "" }],
  ["/a/", { path: "/a/", query: "" }],
])("%s is read in one spelling", (written, target) => {
  expect(readTarget(written)).toEqual(target);
});

test.each([
  "/..",
  "/../admin",
  "/a/../b",
  "/a/./b",
  "/a/%2e%2e/b",
  "/a/%2E./b",
  "/a/%252e%252e/b",
  "/a/%25252e%25252e/b",
  "/a%2f..%2fb",
  "/a%2F%2e%2e%2fb",
  "/a%252f..%252fb",
  "/a\\..\\b",
  "/a%5c..%5cb",
  "/a%255c..%255cb",
  "/a%5Cb",
  "//evil.example/x",
  "/a//evil.example",
  "/https://evil.example/",
  "/a/..;/b",
  "/a/..%3bx=1/b",
  "/a/%20../b",
  "/a/..%20/b",
  "/a/%ef%bc%8e%ef%bc%8e/b",
  "/a/%e2%80%a5/b",
  "/a%ef%bc%8f..%ef%bc%8fb",
  "/a%ef%bc%bcb",
])("%s is refused, for it could lead elsewhere", (written) => {
  expect(() => readTarget(written)).toThrow(REFUSED);
});

test.each([
  "https://evil.example/x",
  "@evil.example",
  ":8080/x",
  "repos",
  "/a#b",
  "/a?b#c",
  "/a b",
  "/a?b c",
  "/a\r\nhost: evil.example",
  "/a?b=\r\nx: y",
  "/a\t",
  "/a\u0000",
  "/a%0d%0ahost:%20evil.example",
  "/a%00",
  "/a%7f",
  "/a%250a",
  "/caf\u00e9",
  "/a?b=\u00e9",
  "/\uFF0E\uFF0E/a",
  "/a/%c0%ae%c0%ae/b",
  "/a/%e0%80%af",
  "/a/%u002e",
  "/a/%zz",
  "/a%",
  "/a{b}",
  "/a[b]",
  "/a|b",
  '/a"b',
  `/${"a".repeat(9000)}`,
])("%j is refused as no address", (written) => {
  expect(() => readTarget(written)).toThrow(WRONG);
});

test.each(["GET", "get", "Patch", "DELETE", "PROPFIND"])("the method %s passes in capitals", (written) => {
  expect(readMethod(written)).toBe(written.toUpperCase());
});

test.each(["CONNECT", "TRACE", "TRACK", "", "GET ", "GET\r\nX", "constructor"])("the method %j does not", (written) => {
  expect(() => readMethod(written)).toThrow(expect.objectContaining({ code: "method_not_allowed" }));
});

test.each([
  ["/Repos/ACME/", ["/repos/acme"]],
  ["/repos%2Facme%252fweb", ["/repos/acme/web"]],
  ["/repos;v=1/acme;x", ["/repos/acme"]],
  ["/a%2F%2Fb", ["/a/b"]],
  ["/members%3Frole=1", ["/members?role=1", "/members"]],
  ["/c%23/x", ["/c#/x", "/c"]],
  ["/", ["/"]],
  ["/%EF%BC%B2epos", ["/repos"]],
])("%s may be read as %j", (path, readings) => {
  expect(loosenPath(path)).toEqual(readings);
});
