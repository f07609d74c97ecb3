import { expect, test } from "vitest";
import { openTestHub, type TestHub } from "#testing";
import type { Scope } from "../access/principal.ts";
import type { ActionContext } from "./action.ts";
import { create, list, revoke } from "./keys.ts";

function contextOf({ hub }: TestHub, principal = hub.owner): ActionContext {
  return hub.contextOf(principal, new AbortController().signal);
}

/** What a key that was made can do. */
async function makeKey(hub: TestHub, input: Parameters<typeof create.run>[0], context = contextOf(hub)) {
  const { key } = await create.run(input, context);
  return hub.hub.authenticate(key);
}

test("a key has all that its holder may have, or what was named", async () => {
  const hub = await openTestHub();
  const coder = await hub.addProfile("coder");

  const owner = await makeKey(hub, {});
  const agent = await makeKey(hub, { profile: "coder" });
  const narrow = await makeKey(hub, { scopes: ["audit:read"] });

  expect(owner).toMatchObject({ profileId: null, scopes: hub.hub.owner.scopes });
  expect(agent).toMatchObject({ profileId: coder.profileId, scopes: coder.scopes });
  expect(narrow.scopes).toEqual(["audit:read"]);
});

test("no key gives what it has not got", async () => {
  const hub = await openTestHub();
  const scopes: Scope[] = ["keys:write", "profiles:write"];
  const limited = contextOf(hub, { ...hub.hub.owner, scopes });

  const reading = await makeKey(hub, { scopes: ["profiles:read"] }, limited);
  const unsaid = await makeKey(hub, {}, limited);
  const asked = makeKey(hub, { scopes: ["tools"] }, limited);

  await expect(asked).rejects.toMatchObject({ code: "not_granted", message: expect.stringContaining("tools") });
  expect(reading.scopes).toEqual(["profiles:read"]);
  expect(unsaid.scopes).toEqual(["profiles:read", "profiles:write", "keys:write"]);
});

test("the owner makes, lists and ends keys of the test world, from which no way leads back", async () => {
  const hub = await openTestHub();
  const { id, key } = await create.run({ mode: "test" }, contextOf(hub));
  const tester = contextOf(hub, await hub.hub.authenticate(key));

  const own = await list.run({ limit: 50 }, contextOf(hub));
  const tests = await list.run({ mode: "test", limit: 50 }, contextOf(hub));
  const asTester = await create.run({}, tester);

  expect(key).toMatch(/^pb_test_/);
  expect(asTester.key).toMatch(/^pb_test_/);
  expect([own, tests].map(({ data }) => data.map((each) => each.id))).toEqual([[], [id]]);
  await expect(create.run({ mode: "live" }, tester)).rejects.toMatchObject({ code: "not_granted" });
  await expect(list.run({ mode: "live", limit: 50 }, tester)).rejects.toMatchObject({ code: "not_granted" });
  await expect(revoke.run({ key: id }, contextOf(hub))).rejects.toMatchObject({ code: "not_found" });
  expect(await revoke.run({ key: id, mode: "test" }, contextOf(hub))).toEqual({ id });
});

test("a key ends when it was told to, which is still to come", async () => {
  const hub = await openTestHub();

  const future = await makeKey(hub, { expires_at: "2999-01-01T00:00:00Z" });
  const past = makeKey(hub, { expires_at: "2020-01-01T00:00:00Z" });

  await expect(past).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("2020") });
  expect(future).toMatchObject({ profileId: null, expiresAt: "2999-01-01T00:00:00.000Z" });
});

test("a key that ends makes none that outlives it", async () => {
  const hub = await openTestHub();
  const expiresAt = "2999-01-01T00:00:00.000Z";
  const ending = contextOf(hub, { ...hub.hub.owner, expiresAt });

  const unsaid = await makeKey(hub, {}, ending);
  const earlier = await makeKey(hub, { expires_at: "2998-01-01T00:00:00Z" }, ending);
  const inOtherWorld = await makeKey(hub, { mode: "test" }, ending);
  const later = makeKey(hub, { expires_at: "2999-01-01T00:00:01Z" }, ending);

  await expect(later).rejects.toMatchObject({ code: "not_granted", message: expect.stringContaining(expiresAt) });
  expect([unsaid, earlier, inOtherWorld].map((key) => key.expiresAt)).toEqual([
    expiresAt,
    "2998-01-01T00:00:00.000Z",
    expiresAt,
  ]);
});

test("the ledger says what a key may do, and names the profile that was made for it in the test world", async () => {
  const hub = await openTestHub();
  await hub.addProfile("coder");

  const { id } = await create.run({ profile: "coder", mode: "test", scopes: ["tools", "proxy"] }, contextOf(hub));
  const tester = await hub.hub.authenticate((await create.run({ mode: "test" }, contextOf(hub))).key);
  const entries = await hub.hub.audit.list({ workspaceId: tester.workspaceId, limit: 10 });

  expect(entries.toReversed().slice(0, 2)).toMatchObject([
    { action: "profile.create", details: '{"name":"coder"}' },
    { action: "key.create", details: JSON.stringify({ key: id, mode: "test", scopes: "tools proxy" }) },
  ]);
});
