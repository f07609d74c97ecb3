import { expect, test } from "vitest";
import { onEachStore, startChild } from "#testing";
import type { Store } from "../store/open.ts";
import { chainEntries } from "./chain.ts";
import { type AuditEntry, openAudit } from "./open-audit.ts";

const APPEND_ENTRIES = new URL("../../test/fixtures/append-entries.ts", import.meta.url);

const INTENT = { workspaceId: "ws_1", action: "call.intent", actor: "key_1" };

function makeEntries(count: number, entry: AuditEntry = INTENT): AuditEntry[] {
  return Array.from({ length: count }, (_, index) => ({ ...entry, operation: `github.op_${index}` }));
}

function readEntries({ db }: Store) {
  return db.selectFrom("audit_entries").selectAll().orderBy("workspace_id").orderBy("seq").execute();
}

/** Puts a row where the next entry belongs, so that it can't be written. */
function blockSeq({ db }: Store, seq: number): Promise<unknown> {
  const [row] = chainEntries({ seq: seq - 1, hash: "" }, [
    {
      workspace_id: "ws_1",
      at: "",
      action: "in the way",
      actor: "",
      profile_id: null,
      integration_id: null,
      operation: null,
      details: "{}",
    },
  ]);
  return db
    .insertInto("audit_entries")
    .values(row ?? [])
    .execute();
}

await onEachStore((makeDatabase) => {
  async function openAll() {
    const database = await makeDatabase();
    const store = await database.open();
    return { database, store, audit: openAudit({ store, now: () => new Date("2026-01-02T03:04:05.678Z") }) };
  }

  test("an entry is kept with all that was told", async () => {
    const { store, audit } = await openAll();

    await audit.append({
      workspaceId: "ws_1",
      action: "call.intent",
      actor: "key_1",
      profileId: "prof_1",
      integrationId: "int_1",
      operation: "github.create_issue",
      details: { input: "abc", retried: false, durationMs: 12 },
    });

    expect(await readEntries(store)).toEqual([
      {
        workspace_id: "ws_1",
        seq: 1,
        at: "2026-01-02T03:04:05.678Z",
        action: "call.intent",
        actor: "key_1",
        profile_id: "prof_1",
        integration_id: "int_1",
        operation: "github.create_issue",
        details: '{"input":"abc","retried":false,"durationMs":12}',
        previous: "",
        // SHA-256 of ["ws_1",1,"2026-01-02T03:04:05.678Z",…], by another program.
        hash: "906c80b9c79f413045204a86e9a99b96f8e95e5ab9527173f1c9a1c024255727",
      },
    ]);
  });

  test("each entry names the hash of the one before, and the head that of the last", async () => {
    const { store, audit } = await openAll();

    await audit.append(INTENT);
    await audit.append(INTENT);
    await audit.append(INTENT);

    const rows = await readEntries(store);
    const [head] = await store.db.selectFrom("audit_heads").selectAll().execute();
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(rows.map(({ previous }) => previous)).toEqual(["", rows[0]?.hash, rows[1]?.hash]);
    expect(head).toEqual({ workspace_id: "ws_1", seq: 3, hash: rows[2]?.hash });
  });

  test("entries that are appended together keep their order", async () => {
    const { store, audit } = await openAll();
    const entries = makeEntries(600);

    await Promise.all(entries.map((entry) => audit.append(entry)));

    const rows = await readEntries(store);
    expect(rows.map(({ operation }) => operation)).toEqual(entries.map(({ operation }) => operation));
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 600 });
  });

  test("entries that are appended together share a commit", async () => {
    const { store } = await openAll();
    let commits = 0;
    const audit = openAudit({
      store: {
        ...store,
        transaction: (work) => {
          commits += 1;
          return store.transaction(work);
        },
      },
    });

    await Promise.all(makeEntries(100).map((entry) => audit.append(entry)));

    expect(commits).toBe(1);
  });

  test("an entry that nobody waits for is on disk soon, and listed at once", async () => {
    const { audit } = await openAll();

    const first = audit.appendLater(INTENT);
    const listed = await audit.list({ workspaceId: "ws_1", limit: 10 });
    await first;
    await audit.appendLater(INTENT);

    expect(listed).toHaveLength(1);
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 2 });
  });

  test("each workspace has a chain of its own", async () => {
    const { store, audit } = await openAll();

    await Promise.all(["ws_2", "ws_1", "ws_2"].map((workspaceId) => audit.append({ ...INTENT, workspaceId })));

    const rows = await readEntries(store);
    expect(rows.map(({ workspace_id, seq }) => [workspace_id, seq])).toEqual([
      ["ws_1", 1],
      ["ws_2", 1],
      ["ws_2", 2],
    ]);
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 1 });
    expect(await audit.verify("ws_2")).toMatchObject({ ok: true, entries: 2 });
  });

  test("an entry of a transaction is kept with it", async () => {
    const { store, audit } = await openAll();
    await audit.append(INTENT);

    await store.transaction((db) => audit.appendIn(db, { ...INTENT, action: "grant.set" }));
    await audit.append(INTENT);

    const rows = await readEntries(store);
    expect(rows.map(({ action }) => action)).toEqual(["call.intent", "grant.set", "call.intent"]);
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 3 });
  });

  test("an entry of a transaction that failed leaves no gap", async () => {
    const { store, audit } = await openAll();

    const failing = store.transaction(async (db) => {
      await audit.appendIn(db, INTENT);
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await audit.append(INTENT);

    const rows = await readEntries(store);
    expect(rows.map(({ seq }) => seq)).toEqual([1]);
  });

  test("when the ledger can't be written, all who wait are told and nothing is kept", async () => {
    const { store, audit } = await openAll();
    await blockSeq(store, 2);

    const outcomes = await Promise.allSettled(makeEntries(3).map((entry) => audit.append(entry)));

    const refusal = {
      status: "rejected",
      reason: expect.objectContaining({ code: "unavailable", message: "The audit log could not be written." }),
    };
    expect(outcomes).toEqual([refusal, refusal, refusal]);
    expect(await readEntries(store)).toHaveLength(1);
  });

  test("the ledger goes on once it can be written again", async () => {
    const { store, audit } = await openAll();
    await blockSeq(store, 1);
    await expect(audit.append(INTENT)).rejects.toMatchObject({ code: "unavailable" });

    await store.db.deleteFrom("audit_entries").execute();
    await audit.append(INTENT);

    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 1 });
  });

  test("a name that a database can't keep does not break the chain or hold up others", async () => {
    const { store, audit } = await openAll();

    await Promise.all([audit.append({ ...INTENT, operation: "a\0b\ud800" }), audit.append(INTENT)]);

    const [row] = await readEntries(store);
    expect(row?.operation).toBe("a\ufffdb\ufffd");
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 2 });
  });

  test("flushing waits for what was appended before", async () => {
    const { store, audit } = await openAll();

    void audit.append(INTENT);
    void audit.append(INTENT);
    await audit.flush();

    expect(await readEntries(store)).toHaveLength(2);
  });

  test("flushing when nothing waits returns at once", async () => {
    const { audit } = await openAll();
    await audit.append(INTENT);

    await expect(audit.flush()).resolves.toBeUndefined();
  });

  test("a list gives the newest first, page by page", async () => {
    const { audit } = await openAll();
    await Promise.all(makeEntries(5).map((entry) => audit.append(entry)));

    const first = await audit.list({ workspaceId: "ws_1", limit: 2 });
    const second = await audit.list({ workspaceId: "ws_1", limit: 2, before: 4 });

    expect(first.map(({ seq }) => seq)).toEqual([5, 4]);
    expect(second.map(({ seq }) => seq)).toEqual([3, 2]);
  });

  test.each<[string, Partial<AuditEntry>]>([
    ["action", { action: "grant.set" }],
    ["profile", { profileId: "prof_1" }],
    ["integration", { integrationId: "int_1" }],
    ["operation", { operation: "github.create_issue" }],
  ])("a list can be narrowed to one %s", async (_, narrow) => {
    const { audit } = await openAll();
    await audit.append(INTENT);
    await audit.append({ ...INTENT, ...narrow });
    await audit.append({ ...INTENT, ...narrow, workspaceId: "ws_2" });

    const rows = await audit.list({ workspaceId: "ws_1", limit: 10, ...narrow });

    expect(rows.map(({ workspace_id, seq }) => [workspace_id, seq])).toEqual([["ws_1", 2]]);
  });

  test("several stores append to one new chain at once without gaps", async () => {
    const { database, audit } = await openAll();
    const stores = await Promise.all(Array.from({ length: 4 }, () => database.open()));
    const audits = stores.map((store) => openAudit({ store }));

    for (const entry of makeEntries(20)) await Promise.all(audits.map((other) => other.append(entry)));

    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 80 });
  });

  test("several processes append to one chain without gaps, each in its order", async () => {
    const { database, store, audit } = await openAll();

    const children = ["a", "b", "c"].map((name) => startChild(APPEND_ENTRIES, database.url, name, "100"));
    const exitCodes = await Promise.all(children.map(({ exitCode }) => exitCode));

    expect(exitCodes).toEqual([0, 0, 0]);
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true, entries: 300 });
    const operations = new Set((await readEntries(store)).map(({ operation }) => operation));
    expect(operations.size).toBe(300);
  });

  test("what was acknowledged is there after the process was killed", async () => {
    const { database, store, audit } = await openAll();
    const child = startChild(APPEND_ENTRIES, database.url, "a", "1000000");

    const acknowledged = [await child.nextLine(), await child.nextLine(), await child.nextLine()];
    await child.kill();

    const operations = (await readEntries(store)).map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(acknowledged));
    expect(await audit.verify("ws_1")).toMatchObject({ ok: true });
  });
});
