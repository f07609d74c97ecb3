import { expect, test } from "vitest";
import { onEachStore, startService } from "#testing";
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
