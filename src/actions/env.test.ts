import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { localOwner, type Principal } from "../access/principal.ts";
import { setGrant } from "../access/grants.ts";
import { authorize } from "./action.ts";
import { allow, deny, list, values } from "./env.ts";

const TOKEN = "ghp_sentinel0123456789sentinel0123456789";

async function arrange() {
  const service = await startService({
    "GET /user": { id: 1, login: "octocat" },
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1" },
  });
  const hub = await openTestHub();
  const coder = await hub.addProfile("coder");
  const github = await hub.connect("github", service.url, { GITHUB_TOKEN: TOKEN });
  await hub.grant(coder, github);
  const as = (principal: Principal) => hub.hub.contextOf(principal, new AbortController().signal);
  const owner = as(localOwner(hub.workspaceId));
  const grant = { profile: "coder", integration: "github" };
  return { service, hub, coder, github, as, owner, grant };
}

const variablesOf = (rows: readonly { variable: string; allowed: boolean }[]) =>
  rows.filter(({ allowed }) => allowed).map(({ variable }) => variable);

const auditOf = async ({ hub, workspaceId }: TestHub, prefix: string) => {
  const rows = await hub.audit.list({ workspaceId, limit: 100 });
  return rows
    .toReversed()
    .filter(({ action }) => action.startsWith(prefix))
    .map(({ action, details }) => ({ action, ...(JSON.parse(details) as object) }));
};

test("nothing leaves the hub until an owner says which variable of which grant", async () => {
  const { hub, owner, grant } = await arrange();

  const before = await values.run({ profile: "coder", purpose: "test" }, owner);
  const offered = await list.run({ profile: "coder" }, owner);
  const allowed = await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);
  const after = await values.run({ profile: "coder", purpose: "test" }, owner);

  expect(before).toEqual({});
  expect(offered.map(({ variable }) => variable)).toEqual(["GITHUB_TOKEN", "GH_TOKEN"]);
  expect(variablesOf(offered)).toEqual([]);
  expect(variablesOf(allowed)).toEqual(["GH_TOKEN"]);
  expect(after).toEqual({ GH_TOKEN: TOKEN });
  expect(await auditOf(hub, "env.")).toEqual([
    { action: "env.allow", variables: "GH_TOKEN" },
    { action: "env.lend", variables: "GH_TOKEN", purpose: "test" },
  ]);
});

test("variables are taken back one by one, or all at once", async () => {
  const { hub, owner, grant } = await arrange();
  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);
  await allow.run({ ...grant, variables: ["GITHUB_TOKEN", "GH_TOKEN"] }, owner);

  const fewer = await deny.run({ ...grant, variables: ["GITHUB_TOKEN"] }, owner);
  const none = await deny.run(grant, owner);

  expect([fewer, none].map(variablesOf)).toEqual([["GH_TOKEN"], []]);
  expect(await values.run({ profile: "coder", purpose: "test" }, owner)).toEqual({});
  expect(await auditOf(hub, "env.")).toMatchObject([
    { action: "env.allow", variables: "GH_TOKEN" },
    { action: "env.allow", variables: "GH_TOKEN GITHUB_TOKEN" },
    { action: "env.deny", variables: "GH_TOKEN" },
    { action: "env.deny", variables: "" },
  ]);
});

test.each([{ enabled: false }, { paused: true }])("a grant that is off (%j) lends nothing", async (change) => {
  const { hub, coder, github, owner, grant } = await arrange();
  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);
  const { workspaceId, profileId } = coder;

  await setGrant(hub.hub, "test", { workspaceId, profileId, integrationId: github.id, ...change });

  expect(await values.run({ profile: "coder", purpose: "test" }, owner)).toEqual({});
});

test("another profile with the same grant gets nothing of it", async () => {
  const { hub, github, owner, grant } = await arrange();
  await hub.grant(await hub.addProfile("other"), github);

  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);

  expect(await values.run({ profile: "other", purpose: "test" }, owner)).toEqual({});
});

test("a variable holds one account's credential", async () => {
  const { service, hub, coder, owner, grant } = await arrange();
  const second = await hub.connect("github", service.url, { GITHUB_TOKEN: `${TOKEN}2` }, { label: "second" });
  await hub.grant(coder, second);
  await allow.run({ ...grant, integration: "github:octocat", variables: ["GH_TOKEN"] }, owner);
  const allowSecond = (...variables: string[]) =>
    allow.run({ profile: "coder", integration: "github:second", variables }, owner);

  await expect(allowSecond("GITHUB_TOKEN", "GH_TOKEN")).rejects.toMatchObject({
    code: "conflict",
    message: "GH_TOKEN is given by another of the profile's grants.",
  });
  await allowSecond("GITHUB_TOKEN");

  expect(await values.run({ profile: "coder", purpose: "test" }, owner)).toEqual({
    GH_TOKEN: TOKEN,
    GITHUB_TOKEN: `${TOKEN}2`,
  });
});

test.each([
  ["PATH", "GitHub offers no variable PATH."],
  ["GITHUB_TOKE", "GitHub offers no variable GITHUB_TOKE."],
  ["constructor", "GitHub offers no variable constructor."],
])("the variable %s, which the connector does not offer, is refused", async (variable, message) => {
  const { owner, grant } = await arrange();

  const allowing = allow.run({ ...grant, variables: [variable] }, owner);

  await expect(allowing).rejects.toMatchObject({ code: "invalid_input", message, hint: /GITHUB_TOKEN/ });
});

test("an integration that the profile has not got lends nothing", async () => {
  const { service, hub, owner } = await arrange();
  await hub.connect("slack", service.url, { SLACK_BOT_TOKEN: "xoxb-0123456789-abcdef" });

  const allowing = allow.run({ profile: "coder", integration: "slack", variables: ["SLACK_BOT_TOKEN"] }, owner);

  await expect(allowing).rejects.toMatchObject({ code: "not_found", message: /no grant/ });
});

test("changing a grant in another way keeps its variables, and a new grant has none", async () => {
  const { hub, coder, github, owner, grant } = await arrange();
  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);

  await hub.grant(coder, github, { deny: ["merge_*"] });
  const kept = await list.run({ profile: "coder" }, owner);
  await hub.hub.store.db.deleteFrom("grants").execute();
  await hub.grant(coder, github);

  expect(variablesOf(kept)).toEqual(["GH_TOKEN"]);
  expect(variablesOf(await list.run({ profile: "coder" }, owner))).toEqual([]);
});

test("a profile's key sees what it was allowed, needs a scope for the values, and allows itself nothing", async () => {
  const { hub, as, coder, owner, grant } = await arrange();
  await hub.addProfile("other");
  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);
  const wide = { ...coder, scopes: ["credentials:read", "profiles:write"] } as const;

  expect(() => authorize(values, coder)).toThrow(expect.objectContaining({ code: "not_granted" }));
  expect(() => authorize(allow, wide)).toThrow(expect.objectContaining({ code: "not_granted" }));
  expect(() => authorize(values, wide)).not.toThrow();
  expect(await values.run({ profile: "coder", purpose: "api" }, as(wide))).toEqual({ GH_TOKEN: TOKEN });
  await expect(values.run({ profile: "other", purpose: "api" }, as(wide))).rejects.toMatchObject({ code: "not_found" });
});

test("a credential that is gone is told, not left out", async () => {
  const { hub, owner, grant } = await arrange();
  await allow.run({ ...grant, variables: ["GH_TOKEN"] }, owner);
  await hub.hub.store.db.deleteFrom("credentials").execute();
  await hub.hub.store.transaction((db) =>
    hub.hub.store.changes.record(db, { workspace_id: hub.workspaceId, profile_id: null }),
  );

  await expect(values.run({ profile: "coder", purpose: "test" }, owner)).rejects.toMatchObject({
    code: "reconnect_required",
    message: "GitHub has no credential for GH_TOKEN.",
  });
});
