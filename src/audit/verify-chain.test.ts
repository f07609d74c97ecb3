import { expect, test } from "vitest";
import { onEachStore } from "#testing";
import type { Store } from "../store/open.ts";
import type { AuditEntryRow } from "../store/tables.ts";
import { chainEntries, hashLink } from "./chain.ts";
import { openAudit } from "./open-audit.ts";
import { verifyChain } from "./verify-chain.ts";

function findEntry({ db }: Store, seq: number): Promise<AuditEntryRow> {
  return db.selectFrom("audit_entries").selectAll().where("seq", "=", seq).executeTakeFirstOrThrow();
}

function updateEntry({ db }: Store, seq: number, change: Partial<AuditEntryRow>): Promise<unknown> {
  return db.updateTable("audit_entries").set(change).where("seq", "=", seq).execute();
}

function deleteEntry({ db }: Store, seq: number): Promise<unknown> {
  return db.deleteFrom("audit_entries").where("seq", "=", seq).execute();
}

/** Changes an entry as someone would who knows how the hash is made. */
async function forgeEntry(store: Store, seq: number, change: Partial<AuditEntryRow>): Promise<void> {
  const forged = { ...(await findEntry(store, seq)), ...change };
  await updateEntry(store, seq, { ...change, hash: hashLink(forged) });
}

/** Adds a copy of the last entry as the next link of its chain, but not to the chain's head. */
async function insertBeyond(store: Store, last: number): Promise<void> {
  const entry = await findEntry(store, last);
  await store.db
    .insertInto("audit_entries")
    .values(chainEntries(entry, [entry]))
    .execute();
}

async function swapEntries(store: Store, one: number, other: number): Promise<void> {
  const parking = 1_000_000;
  await updateEntry(store, one, { seq: parking });
  await updateEntry(store, other, { seq: one });
  await updateEntry(store, parking, { seq: other });
}

await onEachStore((makeDatabase) => {
  /** A store whose `ws_1` has a chain of `count` entries. */
  async function openChain(count: number): Promise<Store> {
    const store = await (await makeDatabase()).open();
    const audit = openAudit({ store });
    const entry = {
      workspaceId: "ws_1",
      action: "call.intent",
      actor: "key_1",
      profileId: "prof_1",
      integrationId: "int_1",
      operation: "github.create_issue",
      details: { input: "abc" },
    };
    await Promise.all(Array.from({ length: count }, () => audit.append(entry)));
    return store;
  }

  test("an untouched chain holds, and its head is the last entry's hash", async () => {
    const store = await openChain(5);
    const { hash } = await findEntry(store, 5);

    expect(await verifyChain(store.db, "ws_1")).toEqual({ ok: true, entries: 5, head: hash });
  });

  test("a workspace in which nothing happened holds", async () => {
    const store = await openChain(1);

    expect(await verifyChain(store.db, "ws_2")).toEqual({ ok: true, entries: 0, head: "" });
  });

  test.each<Partial<AuditEntryRow>>([
    { at: "2026-01-01T00:00:00.000Z" },
    { action: "call.outcome" },
    { actor: "cli" },
    { profile_id: "prof_2" },
    { profile_id: null },
    { integration_id: "int_2" },
    { operation: "github.list_issues" },
    { details: '{"input":"abd"}' },
    { previous: "0".repeat(64) },
    { hash: "0".repeat(64) },
  ])("an entry changed to %j is found", async (change) => {
    const store = await openChain(5);

    await updateEntry(store, 3, change);

    expect(await verifyChain(store.db, "ws_1")).toEqual({
      ok: false,
      entries: 2,
      brokenAt: 3,
      reason: "it was changed",
    });
  });

  test.each<[string, (store: Store) => Promise<unknown>, number, string]>([
    [
      "a field and its hash",
      (store) => forgeEntry(store, 3, { actor: "cli" }),
      4,
      "it does not follow the one before it",
    ],
    [
      "the last entry and its hash",
      (store) => forgeEntry(store, 5, { actor: "cli" }),
      5,
      "it is not the one that was written last",
    ],
    [
      "an entry's previous and its hash",
      (store) => forgeEntry(store, 3, { previous: "" }),
      3,
      "it does not follow the one before it",
    ],
    ["two entries' order", (store) => swapEntries(store, 2, 3), 2, "it was changed"],
    ["an entry's workspace", (store) => updateEntry(store, 3, { workspace_id: "ws_2" }), 3, "it is missing"],
    ["an entry's number", (store) => updateEntry(store, 5, { seq: 6 }), 5, "it is missing, and all up to 5"],
    ["the first entry, by deleting it", (store) => deleteEntry(store, 1), 1, "it is missing"],
    ["an entry, by deleting it", (store) => deleteEntry(store, 3), 3, "it is missing"],
    ["the last entry, by deleting it", (store) => deleteEntry(store, 5), 5, "it is missing, and all up to 5"],
    [
      "all entries, by deleting them",
      ({ db }) => db.deleteFrom("audit_entries").execute(),
      1,
      "it is missing, and all up to 5",
    ],
    ["the end, by adding an entry", (store) => insertBeyond(store, 5), 6, "it lies beyond the end of the chain"],
    ["the beginning, by adding an entry", (store) => forgeEntry(store, 1, { seq: 0 }), 0, "it was inserted"],
    [
      "the head, by deleting it",
      ({ db }) => db.deleteFrom("audit_heads").execute(),
      1,
      "it lies beyond the end of the chain",
    ],
    [
      "the head, by moving it back",
      ({ db }) => db.updateTable("audit_heads").set({ seq: 4 }).execute(),
      4,
      "it is not the one that was written last",
    ],
  ])("who changes %s is found", async (_, tamper, brokenAt, reason) => {
    const store = await openChain(5);

    await tamper(store);

    expect(await verifyChain(store.db, "ws_1")).toMatchObject({ ok: false, brokenAt, reason });
  });

  test("a chain that was moved to another workspace is found", async () => {
    const store = await openChain(5);

    await store.db.updateTable("audit_entries").set({ workspace_id: "ws_2" }).execute();
    await store.db.updateTable("audit_heads").set({ workspace_id: "ws_2" }).execute();

    expect(await verifyChain(store.db, "ws_2")).toMatchObject({ ok: false, brokenAt: 1, reason: "it was changed" });
  });

  test("a fault is found in a chain that is longer than one batch", async () => {
    const store = await openChain(2500);
    const before = await verifyChain(store.db, "ws_1");

    await updateEntry(store, 2400, { actor: "cli" });

    expect(before).toMatchObject({ ok: true, entries: 2500 });
    expect(await verifyChain(store.db, "ws_1")).toMatchObject({ ok: false, entries: 2399, brokenAt: 2400 });
  });

  test("others get their turn while a long chain is checked", async () => {
    const store = await openChain(2500);
    let hadTurn = false;

    setImmediate(() => (hadTurn = true));
    await verifyChain(store.db, "ws_1");

    expect(hadTurn).toBe(true);
  });

  test("a chain that grows while it is checked holds", async () => {
    const store = await openChain(2500);
    const audit = openAudit({ store });
    const entry = { workspaceId: "ws_1", action: "call.intent", actor: "key_1" };

    const [verdict] = await Promise.all([
      verifyChain(store.db, "ws_1"),
      ...Array.from({ length: 300 }, () => audit.append(entry)),
    ]);

    expect(verdict).toMatchObject({ ok: true });
    expect(await verifyChain(store.db, "ws_1")).toMatchObject({ ok: true, entries: 2800 });
  });
});
