import { expect, test } from "vitest";
import { onEachStore, openTestHub, startService } from "#testing";
import { ensureWorkspace } from "../access/workspaces.ts";
import { makeOauthConnector, type OauthKit, openOauthParts } from "../testing/open-oauth-parts.ts";
import { changeIntegration } from "./change.ts";
import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { listIntegrations } from "./integrations.ts";

/** Two processes of one hub, and a service that says whose account it is by what it is sent. */
async function openTwo(databaseUrl: string) {
  const gate = { asked: 0, isOpen: Promise.withResolvers<void>() };
  const service = await startService({
    "GET /me": async ({ headers }) => {
      gate.asked += 1;
      if (gate.asked === 2) gate.isOpen.resolve();
      await gate.isOpen.promise;
      return { sub: headers["authorization"] };
    },
  });
  const connector = makeOauthConnector(service.url);
  const kits = [await openOauthParts(databaseUrl, connector), await openOauthParts(databaseUrl, connector)] as const;
  const { id: workspaceId } = await ensureWorkspace(kits[0].store, "default", "live");
  return {
    kits,
    workspaceId,
    letPass: () => gate.isOpen.resolve(),
    connectAs: (parts: OauthKit, token: string, label?: string) =>
      connect(parts, {
        workspaceId,
        actor: "test",
        service: "demo",
        credentials: { DEMO_TOKEN: token },
        ...(label !== undefined && { label }),
      }),
    async [Symbol.asyncDispose]() {
      for (const kit of kits) await kit[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

await onEachStore((makeDatabase) => {
  test("of two accounts that get one label at the same moment, in whatever capitals, one is refused", async () => {
    await using two = await openTwo((await makeDatabase()).url);
    const [first, second] = two.kits;

    const results = await Promise.allSettled([
      two.connectAs(first, "ada", "Work"),
      two.connectAs(second, "bob", "work"),
    ]);

    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refusals).toMatchObject([
      {
        code: "conflict",
        message: expect.stringMatching(/^Another account of Demo is already labelled work\.$/i),
        hint: "Tell them apart by another label.",
      },
    ]);
    expect(await listIntegrations(first.store.db, two.workspaceId)).toHaveLength(1);
  });

  test("a label is free again once its account is disconnected, and another can't take one that is in use", async () => {
    await using two = await openTwo((await makeDatabase()).url);
    const [parts] = two.kits;
    two.letPass();
    const work = (await two.connectAs(parts, "ada", "work")).integration;
    const spare = (await two.connectAs(parts, "bob", "spare")).integration;

    await expect(changeIntegration(parts, "test", spare, { label: "WORK" })).rejects.toThrow("already labelled work");
    await disconnect(parts, "test", work);

    expect(await changeIntegration(parts, "test", spare, { label: "WORK" })).toMatchObject({ label: "WORK" });
  });

  test("the label of an account that is connected already means that account, in whatever capitals", async () => {
    await using two = await openTwo((await makeDatabase()).url);
    const [parts] = two.kits;
    two.letPass();
    const { id } = (await two.connectAs(parts, "ada", "work")).integration;

    const { integration } = await two.connectAs(parts, "ada", "Work");

    expect(integration).toMatchObject({ id, label: "Work" });
  });

  test("the database itself keeps two accounts of a service from having one label", async () => {
    await using two = await openTwo((await makeDatabase()).url);
    const [{ store }] = two.kits;
    two.letPass();
    const { integration } = await two.connectAs(two.kits[0], "ada", "work");
    const insert = (change: object) =>
      store.db
        .insertInto("integrations")
        .values({ ...integration, label: "Work", ...change })
        .execute();

    await expect(insert({ id: "int_2" })).rejects.toThrow(/unique/i);
    await insert({ id: "int_3", service: "other" });
    await insert({ id: "int_4", status: "disconnected" });
    await insert({ id: "int_5", status: "disconnected" });

    expect(await store.db.selectFrom("integrations").select("id").execute()).toHaveLength(4);
  });
});

const OWNERS = { ada: { id: 1, login: "ada" }, bob: { id: 2, login: "bob" } };
const tokenOf = (login: keyof typeof OWNERS) => ({ GITHUB_TOKEN: `ghp_${login.padEnd(36, "0")}` });

/** A GitHub that knows its users by their tokens. */
const startGithub = () =>
  startService({
    "GET /user": ({ headers }) => OWNERS[/ghp_ada/.test(headers["authorization"] ?? "") ? "ada" : "bob"],
  });

test("a label does not make one account's integration another's, whose grants were not given for it", async () => {
  await using github = await startGithub();
  const hub = await openTestHub();
  const work = await hub.connect("github", github.url, tokenOf("ada"), { label: "work" });

  const taking = hub.connect("github", github.url, tokenOf("bob"), { label: "Work" });

  await expect(taking).rejects.toMatchObject({
    code: "conflict",
    message: "The credentials are those of bob, not of work.",
    hint: "Connect bob as another account of GitHub, with a label of its own, or disconnect work first.",
  });
  expect(await hub.hub.credentialsOf(work)).toEqual(tokenOf("ada"));
});

test("the same id at another address is another account", async () => {
  await using github = await startGithub();
  await using enterprise = await startGithub();
  const hub = await openTestHub();
  const first = await hub.connect("github", github.url, tokenOf("ada"));

  await expect(hub.connect("github", enterprise.url, tokenOf("ada"))).rejects.toThrow("is already labelled ada.");
  const second = await hub.connect("github", enterprise.url, tokenOf("ada"), { label: "enterprise" });

  const rows = await listIntegrations(hub.hub.store.db, hub.workspaceId);
  expect(rows.map(({ id, base_url }) => ({ id, base_url }))).toEqual([
    { id: first.id, base_url: github.url },
    { id: second.id, base_url: enterprise.url },
  ]);
});

test("what gets new credentials stays where it is and as it is set, unless it is told otherwise", async () => {
  await using slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
  });
  const hub = await openTestHub();
  const given = { service: "slack", credentials: { SLACK_BOT_TOKEN: "xoxb-1-sentinel" } };
  const again = { ...given, workspaceId: hub.workspaceId, actor: "test" };
  const settings = { config: { notifyChannel: "#ops" } };
  const { id } = await hub.connect("slack", slack.url, given.credentials, { label: "acme", ...settings });

  const labelled = (await connect(hub.hub, { ...again, label: "acme" })).integration;
  const moved = (await connect(hub.hub, { ...again, label: "acme", config: {} })).integration;

  expect(labelled).toMatchObject({ id, base_url: slack.url, config: JSON.stringify(settings.config) });
  expect(moved).toMatchObject({ id, base_url: slack.url, config: "{}" });
});

test("what is wanted without credentials is told how it can be had", async () => {
  const hub = await openTestHub();
  const ask = (service: string) =>
    connect(hub.hub, { workspaceId: hub.workspaceId, actor: "test", service, credentials: {} });

  await expect(ask("gmail")).rejects.toMatchObject({
    code: "invalid_input",
    message: "Gmail takes no credentials: it is connected by OAuth.",
    hint: 'Use "patchbay connect gmail --oauth".',
  });
  await expect(ask("linear")).rejects.toMatchObject({
    message: "Linear needs LINEAR_API_KEY (Personal API key).",
    hint: expect.stringContaining('Or allow access in the browser: "patchbay connect linear --oauth".'),
  });
});
