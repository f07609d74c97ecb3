import { expect, test } from "vitest";
import { startService } from "#testing";
import { createProfile } from "../access/profiles.ts";
import { openRequest } from "../access/requests.ts";
import { setUpFlow, stateOf, TOKENS } from "../testing/set-up-flow.ts";
import { storeConnection } from "./connect.ts";
import { cancelFlow, confirmFlow } from "./oauth-confirm.ts";
import { startFlow } from "./oauth-flows.ts";
import { openSealed, readSealed, readTokenSet } from "./sealed-credentials.ts";

test("a confirmation needs the page's token, its browser, and to come once and in time", async () => {
  await using setup = await setUpFlow();
  const page = await setup.comeWithCode();
  const refused = { code: "conflict" };

  await expect(confirmFlow(setup.parts, { ...page, token: "other" })).rejects.toMatchObject(refused);
  await expect(confirmFlow(setup.parts, { ...page, browser: "other" })).rejects.toMatchObject(refused);
  const later = new Date(Date.now() + 11 * 60_000);
  await expect(confirmFlow(setup.parts, page, later)).rejects.toMatchObject(refused);
  expect(await setup.parts.store.db.selectFrom("integrations").selectAll().execute()).toEqual([]);
  await confirmFlow(setup.parts, page);

  await expect(confirmFlow(setup.parts, page)).rejects.toMatchObject(refused);
});

test("of two confirmations that come at once one is taken", async () => {
  await using setup = await setUpFlow();
  const page = await setup.comeWithCode();

  const results = await Promise.allSettled([confirmFlow(setup.parts, page), confirmFlow(setup.parts, page)]);

  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await setup.parts.store.db.selectFrom("integrations").selectAll().execute()).toHaveLength(1);
});

test("the owner is shown what is not given and who waits for it, and who waits is granted it", async () => {
  await using setup = await setUpFlow({ token: { ...TOKENS, scope: "mail" } });
  const { store } = setup.parts;
  const { workspaceId } = setup.owner;
  const { id: profileId } = await createProfile(store.db, workspaceId, "coder");
  await openRequest(store, { workspaceId, profileId, service: "demo", reason: "Work" });

  const page = await setup.comeWithCode();
  const { integration, grantedTo } = await confirmFlow(setup.parts, page);

  expect(page).toMatchObject({ workspace: "default", profiles: ["coder"], scopes: ["mail"], missing: ["openid"] });
  expect(grantedTo).toEqual([profileId]);
  const grants = await store.db.selectFrom("grants").select(["profile_id", "integration_id", "enabled"]).execute();
  expect(grants).toEqual([{ profile_id: profileId, integration_id: integration.id, enabled: 1 }]);
});

test("a scope that the service names by a wider one is not said to be missing", async () => {
  const auth = { scopes: ["read:user", "files"], wider: { user: ["read:user"] } };
  await using setup = await setUpFlow({ token: { ...TOKENS, scope: "user" }, auth });

  expect(await setup.comeWithCode()).toMatchObject({ scopes: ["user"], missing: ["files"] });
});

test("scopes that are added later are asked for beside those that the account has, and kept in the same integration", async () => {
  await using setup = await setUpFlow({ token: { ...TOKENS, scope: "openid mail" } });
  const { integration } = await confirmFlow(setup.parts, await setup.comeWithCode());

  const more = { ...setup.owner, service: "demo", integration, scopes: ["files"] };
  const flow = await startFlow(setup.parts, more);
  const page = await setup.come({ state: stateOf(flow), code: "code-2" });
  const again = await confirmFlow(setup.parts, page);

  expect(new URL(flow.url).searchParams.get("scope")).toBe("openid files mail");
  expect(page.reconnects).toBe("demo:ada@demo");
  expect(again.integration.id).toBe(integration.id);
});

test("an account is connected again without asking for its other token's scopes as if they were the main one's", async () => {
  const token = { ...TOKENS, scope: "openid mail", authed_user: { access_token: "user-1", scope: "search" } };
  await using setup = await setUpFlow({ token, auth: { otherTokens: { USER_TOKEN: "authed_user" } } });
  const { integration } = await confirmFlow(setup.parts, await setup.comeWithCode());

  const { url } = await startFlow(setup.parts, { ...setup.owner, service: "demo", integration });

  expect(new URL(url).searchParams.get("scope")).toBe("openid mail");
});

test("tokens of another account are refused for an integration", async () => {
  let sub = "ada";
  await using setup = await setUpFlow({ me: () => ({ sub }) });
  const { integration } = await confirmFlow(setup.parts, await setup.comeWithCode());

  sub = "eve";
  const flow = await startFlow(setup.parts, { ...setup.owner, service: "demo", integration });
  const coming = setup.come({ state: stateOf(flow), code: "code-2" });

  await expect(coming).rejects.toThrow("The credentials are those of eve@demo, not of ada@demo.");
});

test("an account that is connected again gets the new tokens, and a broken one works again", async () => {
  await using setup = await setUpFlow();
  const { integration } = await confirmFlow(setup.parts, await setup.comeWithCode());
  const { db } = setup.parts.store;
  await db.updateTable("integrations").set({ status: "error", status_reason: "Revoked." }).execute();

  const flow = await startFlow(setup.parts, { ...setup.owner, service: "demo" });
  const again = await confirmFlow(setup.parts, await setup.come({ state: stateOf(flow), code: "code-2" }));

  expect(again.integration).toMatchObject({ id: integration.id, status: "active", status_reason: null });
});

test("an account with a label, settings and an address of its own is connected with them", async () => {
  await using setup = await setUpFlow();
  await using elsewhere = await startService({ "GET /api/me": { sub: "grace" } });
  const spec = { ...setup.owner, service: "demo", label: "work", baseUrl: `${elsewhere.url}/api/` };

  const flow = await startFlow(setup.parts, spec);
  const { integration } = await confirmFlow(setup.parts, await setup.come({ state: stateOf(flow), code: "1" }));

  expect(integration).toMatchObject({ label: "work", base_url: `${elsewhere.url}/api`, account_id: "grace" });
});

test("an account that is connected again, by its label or as whose it is, stays where it is and as it is set", async () => {
  await using setup = await setUpFlow();
  await using elsewhere = await startService({ "GET /api/me": { sub: "ada" } });
  const at = { ...setup.owner, service: "demo", baseUrl: `${elsewhere.url}/api` };
  const comeBack = async (spec: Parameters<typeof startFlow>[1]) => {
    const flow = await startFlow(setup.parts, spec);
    return (await confirmFlow(setup.parts, await setup.come({ state: stateOf(flow), code: "1" }))).integration;
  };
  const { id } = await comeBack({ ...at, label: "work", config: { team: "eng" } });

  const byLabel = await comeBack({ ...setup.owner, service: "demo", label: "Work" });
  const byAccount = await comeBack(at);

  const kept = { id, base_url: at.baseUrl, config: '{"team":"eng"}' };
  expect(byLabel).toMatchObject({ ...kept, label: "Work" });
  expect(byAccount).toMatchObject({ ...kept, label: "Work" });
});

test("further tokens of the same account are kept by the fields that they stand for", async () => {
  const answer = { ...TOKENS, ok: true, token_type: "bot", authed_user: { access_token: "user-1", scope: "search" } };
  await using setup = await setUpFlow({ token: answer, auth: { otherTokens: { USER_TOKEN: "authed_user" } } });

  const { integration } = await confirmFlow(setup.parts, await setup.comeWithCode());

  const { store, vault } = setup.parts;
  expect(await readTokenSet(store.db, vault, integration)).toMatchObject({
    access_token: { access: "access-1", refresh: "refresh-1" },
    USER_TOKEN: { access: "user-1", refresh: null, scopes: ["search"], expiresAt: null },
  });
});

test("of what the owner had given, what is never sent stays when the account is connected by OAuth", async () => {
  await using setup = await setUpFlow();
  const { parts, owner } = setup;
  const given = { DEMO_TOKEN: "pasted-1", DEMO_SECRET: "webhooks-1" };
  const connector = await parts.catalog.connector("demo");
  const account = { id: "ada", label: "ada@demo" };
  const found = {
    connector,
    credentials: given,
    config: {},
    baseUrl: undefined,
    account,
    old: undefined,
  };
  const { integration } = await storeConnection(parts, owner, found);

  await confirmFlow(parts, await setup.comeWithCode());

  const sealed = await readSealed(parts.store.db, integration.id);
  const opened = await openSealed(parts.vault, integration, sealed);
  expect(opened).toEqual({ DEMO_SECRET: "webhooks-1", oauth: expect.any(String) });
});

test("a profile that the flow was begun for is granted the account, and shown as such", async () => {
  await using setup = await setUpFlow();
  const { store } = setup.parts;
  const { workspaceId } = setup.owner;
  const { id: profileId } = await createProfile(store.db, workspaceId, "coder");

  const flow = await startFlow(setup.parts, { ...setup.owner, service: "demo", profileId });
  const page = await setup.come({ state: stateOf(flow), code: "code-1" });
  await confirmFlow(setup.parts, page);

  expect(page.profiles).toEqual(["coder"]);
  const grants = await store.db.selectFrom("grants").select(["profile_id", "enabled"]).execute();
  expect(grants).toEqual([{ profile_id: profileId, enabled: 1 }]);
});

test("a profile that asked for some operations is granted no more by the flow that it led to", async () => {
  await using setup = await setUpFlow();
  const { store } = setup.parts;
  const { workspaceId } = setup.owner;
  const { id: profileId } = await createProfile(store.db, workspaceId, "coder");
  await openRequest(store, { workspaceId, profileId, service: "demo", reason: "Work", operations: ["who"] });

  const flow = await startFlow(setup.parts, { ...setup.owner, service: "demo", profileId });
  await confirmFlow(setup.parts, await setup.come({ state: stateOf(flow), code: "code-1" }));

  const grants = await store.db.selectFrom("grants").select("policy").execute();
  expect(grants).toEqual([{ policy: '{"allow":["who"]}' }]);
});

test("an account that its owner does not confirm leaves nothing behind", async () => {
  await using setup = await setUpFlow();
  const page = await setup.comeWithCode();

  await expect(cancelFlow(setup.parts, { ...page, browser: "other" })).rejects.toMatchObject({ code: "conflict" });
  await cancelFlow(setup.parts, page);

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "failed", reason: "The owner did not confirm it." });
  await expect(confirmFlow(setup.parts, page)).rejects.toMatchObject({ code: "conflict" });
});
