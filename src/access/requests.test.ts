import { expect, test } from "vitest";
import { insertIntegration, onEachStore, startChild, type TestDatabase } from "#testing";
import { openAudit } from "../audit/open-audit.ts";
import { type Holdings, openHoldings, setGrant } from "./grants.ts";
import type { Policy } from "./policy.ts";
import { createProfile } from "./profiles.ts";
import { decideRequest, fulfilRequest, listRequests, openRequest, operationsOf } from "./requests.ts";
import { ensureWorkspace } from "./workspaces.ts";

const EFFECTS = {
  list_issues: { effect: "read" },
  create_issue: { effect: "write" },
  merge_pull_request: { effect: "destructive" },
} as const;

/** A profile that may ask for an account of GitHub. */
async function arrange(database: TestDatabase) {
  const store = await database.open();
  const ledger = { store, audit: openAudit({ store }) };
  const workspaceId = (await ensureWorkspace(store, "default", "live")).id;
  const profileId = (await createProfile(store.db, workspaceId, "coder")).id;
  const integrationId = await insertIntegration(store, { workspace_id: workspaceId });
  const wish = { workspaceId, profileId, service: "github", reason: "To file bugs" };
  const holdingsOf = openHoldings(store);
  return {
    database,
    store,
    workspaceId,
    integrationId,
    wish,
    ask: async (...operations: string[]) =>
      (await openRequest(store, { ...wish, ...(operations.length > 0 && { operations }) })).request,
    grant: (policy: Policy, enabled = true) =>
      setGrant(ledger, "cli", { workspaceId, profileId, integrationId, policy, enabled }),
    async fulfil(request: Parameters<typeof fulfilRequest>[3]["request"], all = false) {
      const fulfilment = { request, integrationId, effects: EFFECTS, all };
      await store.transaction((db) => fulfilRequest(ledger, db, "cli", fulfilment));
      await store.changes.catchUp();
    },
    held: async (): Promise<Holdings["grants"][number] | undefined> => (await holdingsOf(profileId)).grants[0],
    statuses: async () => (await listRequests(store.db, workspaceId)).map(({ status }) => status),
  };
}

await onEachStore((makeDatabase) => {
  test("whoever asks for no more than is undecided joins it, and more is another request", async () => {
    const { store, wish, ask } = await arrange(await makeDatabase());
    const first = await ask("create_issue", "list_issues");

    const joined = await openRequest(store, { ...wish, operations: ["list_issues"] });
    const more = await ask("merge_pull_request");
    const all = await ask();
    const within = await openRequest(store, { ...wish, operations: ["merge_pull_request", "create_issue"] });

    expect(joined).toMatchObject({ joined: true, request: { id: first.id } });
    expect(more.id).not.toBe(first.id);
    expect([first.id, more.id]).not.toContain(all.id);
    expect(within).toMatchObject({ joined: true, request: { id: all.id } });
  });

  test("of two processes that ask for the same at once, twenty times each, one opens a request", async () => {
    const { database, store, workspaceId, wish } = await arrange(await makeDatabase());
    const script = new URL("../../test/fixtures/open-requests.ts", import.meta.url);
    const children = [1, 2].map(() => startChild(script, database.url, JSON.stringify(wish), "20"));

    await Promise.all(children.map((child) => child.exitCode));
    const printed = await Promise.all(children.map((child) => child.nextLine()));

    const [only, ...others] = await listRequests(store.db, workspaceId);
    expect(others).toEqual([]);
    expect(printed.filter((line) => line !== undefined)).toEqual([only?.id]);
  });

  test("a new grant covers what was asked for and no more", async () => {
    const { ask, fulfil, held, statuses } = await arrange(await makeDatabase());

    await fulfil(await ask("create_issue", "merge_pull_request"));

    expect(await held()).toMatchObject({
      enabled: true,
      policy: { allow: ["create_issue"], ask: ["merge_pull_request"] },
    });
    expect(await statuses()).toEqual(["approved"]);
  });

  test("a grant that is on keeps what it has, and what it denies stays denied", async () => {
    const { ask, grant, fulfil, held } = await arrange(await makeDatabase());
    await grant({ allow: ["list_*"], deny: ["merge_pull_request"], ask_whom: "user" });

    await fulfil(await ask("create_issue", "merge_pull_request"));

    expect((await held())?.policy).toEqual({
      allow: ["list_*", "create_issue"],
      deny: ["merge_pull_request"],
      ask_whom: "user",
    });
  });

  test("a grant that was off comes on for what was asked for alone", async () => {
    const { ask, grant, fulfil, held } = await arrange(await makeDatabase());
    await grant({ ask: ["create_*"], deny: ["merge_pull_request"] }, false);

    await fulfil(await ask("create_issue", "list_issues"));

    expect(await held()).toMatchObject({
      enabled: true,
      policy: { allow: ["list_issues"], ask: ["create_issue"], deny: ["merge_pull_request"] },
    });
  });

  test("who asked for the whole service gets back a grant that was off as it was, and all of one that is on", async () => {
    const { ask, grant, fulfil, held } = await arrange(await makeDatabase());
    await grant({ allow: ["list_*"] }, false);

    await fulfil(await ask());
    const back = await held();
    await fulfil(await ask());

    expect(back).toMatchObject({ enabled: true, policy: { allow: ["list_*"] } });
    expect((await held())?.policy).toEqual({});
  });

  test("an owner can grant all of a service of which operations were asked for", async () => {
    const { ask, grant, fulfil, held } = await arrange(await makeDatabase());
    await grant({ allow: ["list_*"], deny: ["merge_pull_request"] });

    await fulfil(await ask("create_issue"), true);

    expect((await held())?.policy).toEqual({ deny: ["merge_pull_request"] });
  });

  test("what a decision grants, it also decides for the profile's requests that ask for no more", async () => {
    const { ask, fulfil, statuses } = await arrange(await makeDatabase());
    await ask("create_issue");
    const both = await ask("create_issue", "list_issues");
    await ask("merge_pull_request");

    await fulfil(both);

    expect(await statuses()).toEqual(["pending", "approved", "approved"]);
  });

  test("a request is decided once, however many decide it", async () => {
    const { database, store, workspaceId, ask } = await arrange(await makeDatabase());
    const other = await database.open();
    const { id } = await ask();

    const decisions = await Promise.allSettled(
      [store, other, store, other].map(({ db }) => decideRequest(db, workspaceId, id, { status: "denied" })),
    );

    expect(decisions.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("of two processes that grant and deny the same requests, one decides each, and only what is granted is held", async () => {
    const { database, store, workspaceId, integrationId, ask, held } = await arrange(await makeDatabase());
    const names = Array.from({ length: 20 }, (_, index) => `operation_${index}`);
    const requests = await Promise.all(names.map((name) => ask(name)));
    const script = new URL("../../test/fixtures/race-requests.ts", import.meta.url);
    const startAt = String(Date.now() + 2_500);

    const [granted = [], denied = []] = await Promise.all(
      ["grant", "deny"].map((role) =>
        startChild(script, database.url, role, startAt, integrationId, JSON.stringify(requests)).restLines(),
      ),
    );

    await store.changes.catchUp();
    const rows = await listRequests(store.db, workspaceId);
    const approved = rows.filter(({ status }) => status === "approved");
    expect([...granted, ...denied].toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
    expect(approved.map(({ id }) => id).toSorted()).toEqual(granted.toSorted());
    expect(((await held())?.policy.allow ?? []).toSorted()).toEqual(
      approved.flatMap((row) => operationsOf(row) ?? []).toSorted(),
    );
  });
});
