import { expect, onTestFinished, test } from "vitest";
import type { Connector } from "#connector";
import { makeSqliteDatabase, startService } from "#testing";
import { connectWithTokens, setUpApp } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, openOauthParts } from "../testing/open-oauth-parts.ts";
import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { listIntegrations } from "./integrations.ts";
import { startFlow } from "./oauth-flows.ts";

/** A hub with connectors of these kinds, all of one service. */
async function setUp(kinds: Readonly<Record<string, Partial<Connector>>>) {
  const service = await startService({ "GET /me": { sub: "ada" } });
  const base = makeOauthConnector(service.url);
  const connectors = Object.entries(kinds).map(([id, kind]) => ({ ...base, id, name: id.toUpperCase(), ...kind }));
  const parts = await openOauthParts((await makeSqliteDatabase()).url, base, ...connectors);
  const owner = await setUpApp(parts);
  onTestFinished(async () => {
    await parts[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  });
  return {
    parts,
    service,
    owner,
    async connect(id: string, label?: string) {
      const credentials = { DEMO_TOKEN: "token" };
      const spec = { ...owner, service: id, credentials, ...(label !== undefined && { label }) };
      return (await connect(parts, spec)).integration;
    },
    connected: async () =>
      (await listIntegrations(parts.store.db, owner.workspaceId)).map(({ service: id, label }) => `${id}:${label}`),
  };
}

test.each([
  ["a service", { notes: {}, wiki: { dependsOn: ["notes"] } }, "WIKI needs notes", "Connect notes first."],
  [
    "an ability",
    { notes: { provides: ["storage"] }, files: { provides: ["storage"] }, wiki: { dependsOn: ["storage"] } },
    "WIKI needs storage",
    "Connect one that provides it first: files, notes.",
  ],
  [
    "what nothing provides",
    { wiki: { dependsOn: ["storage"] } },
    "WIKI needs storage",
    'No connector of this hub provides storage: add one under "connectors".',
  ],
])("a service that needs %s is refused without it, before its service is asked", async (_, kinds, message, hint) => {
  const setup = await setUp(kinds);

  await expect(setup.connect("wiki")).rejects.toMatchObject({
    code: "conflict",
    message: `${message}, which is not connected.`,
    hint,
  });
  expect(setup.service.exchanges).toEqual([]);
  expect(await setup.connected()).toEqual([]);
});

test("a service is connected once what it needs is there, be it another that provides the same", async () => {
  const setup = await setUp({ notes: { provides: ["storage"] }, wiki: { dependsOn: ["storage"] } });

  await setup.connect("notes");
  await setup.connect("wiki");

  expect(await setup.connected()).toEqual(["notes:ada@demo", "wiki:ada@demo"]);
});

test.each([
  ["the newcomer names the other", { old: {}, fresh: { conflicts: ["old"] } }],
  ["the other names the newcomer", { old: { conflicts: ["fresh"] }, fresh: {} }],
  ["the newcomer names what the other provides", { old: { provides: ["mail"] }, fresh: { conflicts: ["mail"] } }],
  ["the other names what the newcomer provides", { old: { conflicts: ["mail"] }, fresh: { provides: ["mail"] } }],
])("two services that exclude each other are not connected together, where %s", async (_, kinds) => {
  const setup = await setUp(kinds);
  await setup.connect("old");
  const asked = setup.service.exchanges.length;

  await expect(setup.connect("fresh")).rejects.toMatchObject({
    code: "conflict",
    message: "FRESH can't be connected beside old.",
    hint: "Disconnect old first.",
  });
  expect(setup.service.exchanges).toHaveLength(asked);
  expect(await setup.connected()).toEqual(["old:ada@demo"]);
});

test("several accounts of a service that excludes its own ability are none of its business", async () => {
  const setup = await setUp({ mail: { provides: ["email"], conflicts: ["email"] } });

  await setup.connect("mail", "one");
  await setup.connect("mail", "two");

  expect(await setup.connected()).toEqual(["mail:one", "mail:two"]);
});

test("of two services that exclude each other and are connected at the same moment, one is refused", async () => {
  const gate = { asked: 0, isOpen: Promise.withResolvers<void>() };
  const service = await startService({
    "GET /me": async () => {
      gate.asked += 1;
      if (gate.asked === 2) gate.isOpen.resolve();
      await gate.isOpen.promise;
      return { sub: "ada" };
    },
  });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const setup = await setUp({ one: { baseUrl: service.url }, two: { baseUrl: service.url, conflicts: ["one"] } });

  const results = await Promise.allSettled([setup.connect("one"), setup.connect("two")]);

  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await setup.connected()).toHaveLength(1);
});

test("a flow for a service that can't be connected is refused before anybody is asked for access", async () => {
  const setup = await setUp({ wiki: { conflicts: ["demo"] } });
  await setup.connect("wiki");

  await expect(startFlow(setup.parts, { ...setup.owner, service: "demo" })).rejects.toThrow(
    "Demo can't be connected beside wiki.",
  );
});

test("the last account that another service needs stays, with its credentials, until that one is disconnected", async () => {
  const setup = await setUp({ wiki: { dependsOn: ["demo"] } });
  const demo = await connectWithTokens(setup.parts, { expiresAt: null });
  const wiki = await setup.connect("wiki");

  await expect(disconnect(setup.parts, "test", demo)).rejects.toMatchObject({
    code: "conflict",
    message: "demo:ada@demo can't be disconnected while wiki needs it.",
    hint: "Disconnect wiki first.",
  });
  expect(await setup.parts.store.db.selectFrom("credentials").select("field").execute()).toHaveLength(2);

  await disconnect(setup.parts, "test", wiki);
  await disconnect(setup.parts, "test", demo);
  expect(await setup.connected()).toEqual([]);
});

test("an account may go where another does as well for what is needed", async () => {
  const storage = { provides: ["storage"] };
  const setup = await setUp({ notes: storage, files: storage, wiki: { dependsOn: ["storage"] } });
  const notes = await setup.connect("notes");
  await setup.connect("files");
  await setup.connect("wiki");

  await disconnect(setup.parts, "test", notes);

  expect(await setup.connected()).toEqual(["files:ada@demo", "wiki:ada@demo"]);
});
