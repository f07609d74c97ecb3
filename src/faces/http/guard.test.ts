import { expect, test } from "vitest";
import { openGuard } from "./guard.ts";

const HOST = { code: "not_granted", message: "The request's Host is not one of this hub's." };
const ORIGIN = { code: "not_granted", message: "The request's Origin is not one of this hub's." };

test.each(["localhost", "LOCALHOST:7300", "127.0.0.1:7300", "[::1]:7300"])("a request to %s is let in", (host) => {
  const guard = openGuard("127.0.0.1", undefined);

  expect(() => guard({ host })).not.toThrow();
});

test.each([
  "evil.example",
  "evil.example:7300",
  "127.0.0.1.evil.example",
  "127.0.0.1@evil.example",
  "192.168.1.7:7300",
  "",
])("a request to %j is refused by a hub on loopback", (host) => {
  const guard = openGuard("127.0.0.1", undefined);

  expect(() => guard({ host })).toThrow(expect.objectContaining(HOST));
});

test("a request that names no host is refused", () => {
  const guard = openGuard("127.0.0.1", undefined);

  expect(() => guard({})).toThrow(expect.objectContaining(HOST));
});

test.each([
  ["10.0.0.5", "10.0.0.5:7300"],
  ["fd00::5", "[fd00::5]:7300"],
  ["hub.internal", "HUB.internal:7300"],
])("a hub that listens on %s answers to %s", (listened, host) => {
  const guard = openGuard(listened, undefined);

  expect(() => guard({ host })).not.toThrow();
});

test("a hub answers to the host of its public address, and to pages from there", () => {
  const guard = openGuard("127.0.0.1", "https://hub.example.com/patchbay");

  expect(() => guard({ host: "hub.example.com", origin: "https://hub.example.com" })).not.toThrow();
});

test.each([
  ["0.0.0.0", "192.168.1.7:7300"],
  ["0.0.0.0", "[fd00::5]:7300"],
  ["::", "192.168.1.7:7300"],
])("a hub on every address (%s) answers to the address %s, and to its own pages there", (listened, host) => {
  const guard = openGuard(listened, undefined);

  expect(() => guard({ host, origin: `http://${host}` })).not.toThrow();
});

test("a hub on every address does not answer to a name it can't know", () => {
  const guard = openGuard("0.0.0.0", undefined);

  expect(() => guard({ host: "evil.example:7300" })).toThrow(expect.objectContaining(HOST));
});

test("a page of another address is refused by a hub on every address", () => {
  const guard = openGuard("0.0.0.0", undefined);

  expect(() => guard({ host: "192.168.1.7:7300", origin: "http://192.168.1.66" })).toThrow(
    expect.objectContaining(ORIGIN),
  );
});

test.each(["http://localhost:3000", "http://127.0.0.1:7300"])("a page from %s is let in", (origin) => {
  const guard = openGuard("127.0.0.1", undefined);

  expect(() => guard({ host: "127.0.0.1:7300", origin })).not.toThrow();
});

test.each(["https://evil.example", "http://localhost.evil.example", "null", ""])(
  "a page from %j is refused",
  (origin) => {
    const guard = openGuard("127.0.0.1", undefined);

    expect(() => guard({ host: "127.0.0.1:7300", origin })).toThrow(expect.objectContaining(ORIGIN));
  },
);
