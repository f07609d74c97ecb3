import { expect, test } from "vitest";
import { hasScope, type Scope } from "./principal.ts";

test.each<[Scope, Scope, boolean]>([
  ["profiles:read", "profiles:read", true],
  ["profiles:write", "profiles:read", true],
  ["profiles:read", "profiles:write", false],
  ["profiles:write", "approvals:read", false],
  ["tools", "notify", false],
])("a key with %s has %s: %s", (held, wanted, expected) => {
  expect(hasScope({ scopes: [held] }, wanted)).toBe(expected);
});
