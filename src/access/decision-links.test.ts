import { expect, test } from "vitest";
import { openDecisionLinks } from "./decision-links.ts";

const links = openDecisionLinks({ publicUrl: () => "https://hub.example.com", key: new Uint8Array(32).fill(1) });
const others = openDecisionLinks({ publicUrl: () => "https://hub.example.com", key: new Uint8Array(32).fill(2) });
const subject = { id: "apr_1", workspaceId: "ws_1" };
const expiresAt = new Date("2026-11-23T12:00:00Z");
const before = new Date("2026-11-23T11:59:59Z");

const tokenOf = (url: string): string => new URL(url).searchParams.get("token") ?? "";
const token = tokenOf(links.sign("approvals", subject, expiresAt));

test("a signed link opens what it was signed for, in its workspace", () => {
  expect(links.sign("approvals", subject, expiresAt)).toMatch(/^https:\/\/hub\.example\.com\/approvals\/apr_1\?token=/);
  expect(links.verify("approvals", "apr_1", token, before)).toBe("ws_1");
});

test("a link ends with its second", () => {
  expect(links.verify("approvals", "apr_1", token, expiresAt)).toBe(undefined);
});

test("a link is for nothing else, and nobody else's", () => {
  expect(links.verify("approvals", "apr_2", token, before)).toBe(undefined);
  expect(links.verify("requests", "apr_1", token, before)).toBe(undefined);
  expect(others.verify("approvals", "apr_1", token, before)).toBe(undefined);
});

test.each([
  ["another workspace", token.replace("ws_1", "ws_2")],
  ["a later end", token.replace(/^\d+/, "99999999999")],
  ["another signature", `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`],
  ["no signature", token.slice(0, token.lastIndexOf("."))],
  ["an empty token", ""],
  ["a longer token", `${token}A`],
])("a token with %s opens nothing", (_, forged) => {
  expect(links.verify("approvals", "apr_1", forged, before)).toBe(undefined);
});

test("the address that anyone may have holds no token", () => {
  expect(links.open("approvals", "apr_1")).toBe("https://hub.example.com/approvals/apr_1");
});
