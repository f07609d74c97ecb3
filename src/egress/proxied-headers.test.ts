import { expect, test } from "vitest";
import { apiKey } from "#connector";
import { makeConnector } from "../testing/make-target.ts";
import { filterPassed, filterSent } from "./proxied-headers.ts";

const more = [{ env: "OTHER", label: "Other", placement: { header: "X-Api-Key" } }];
const connector = makeConnector({
  auth: [apiKey({ env: "DEMO_TOKEN", label: "Token", header: "X-Token", more })],
});

test.each([
  "Authorization",
  "Cookie",
  "Connection",
  "Keep-Alive",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
  "Proxy-Authorization",
  "Proxy-Connection",
  "Host",
  "Content-Length",
  "Expect",
  "X-HTTP-Method-Override",
  "X-HTTP-Method",
  "X_HTTP_Method_Override",
  "X-Method-Override",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "x_forwarded_host",
  "Forwarded",
  "Via",
  "X-Real-IP",
  "Origin",
  "Referer",
  "Sec-Fetch-Site",
  "Accept-Charset",
  "Accept-Encoding",
  "Patchbay-Profile",
  "X-Token",
  "x-api-key",
  "X_Api_Key",
  "X-Named-By-Connection",
])("a caller's %s is not sent", (name) => {
  const sent = filterSent(
    [
      [name, "1"],
      ["Connection", "close, X-Named-By-Connection"],
    ],
    connector,
  );

  expect([...sent]).toEqual([]);
});

test("all else that a caller says is sent, what it says twice together", () => {
  const sent = filterSent(
    [
      ["Accept", "a/b"],
      ["X-Own", "1"],
      ["x-own", "2"],
      ["Range", "bytes=0-3"],
      ["If-None-Match", '"1"'],
    ],
    connector,
  );

  expect(Object.fromEntries(sent)).toEqual({
    accept: "a/b",
    "x-own": "1, 2",
    range: "bytes=0-3",
    "if-none-match": '"1"',
  });
});

const GUARDS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

test("what a service says of its origin, its connection or its body's encoding is left out, and guards are added", () => {
  const answer = new Headers({
    "access-control-allow-origin": "*",
    "alt-svc": "h3",
    "cache-control": "public",
    "clear-site-data": "*",
    connection: "X-Named-By-Connection, keep-alive",
    "content-encoding": "gzip",
    "content-length": "7",
    "content-security-policy": "default-src *",
    "content-security-policy-report-only": "default-src *",
    "cross-origin-resource-policy": "cross-origin",
    "keep-alive": "timeout=1",
    location: "https://evil.example",
    "patchbay-integration": "int_forged",
    "proxy-authenticate": "Basic",
    refresh: "0;url=https://evil.example",
    "service-worker-allowed": "/",
    "set-cookie": "a=b",
    "strict-transport-security": "max-age=1",
    "transfer-encoding": "chunked",
    "x-content-type-options": "sniff",
    "x-named-by-connection": "1",
  });

  expect(Object.fromEntries(filterPassed(answer))).toEqual(GUARDS);
});

test("what a service says of its answer is passed", () => {
  const facts = {
    "content-type": "application/json",
    etag: '"1"',
    link: "<https://x>; rel=next",
    "retry-after": "1",
    "www-authenticate": "Bearer",
    "x-ratelimit-remaining": "4",
  };

  expect(Object.fromEntries(filterPassed(new Headers(facts)))).toEqual({ ...facts, ...GUARDS });
});
