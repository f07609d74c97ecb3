import { expect, onTestFinished, test, vi } from "vitest";
import { onEachStore, openTestHub } from "#testing";
import { openReadiness } from "./readiness.ts";

const READY = {
  status: "ready",
  checks: { running: "ok", database: "ok", schema: "ok", master_key: "ok" },
};

await onEachStore((makeDatabase) => {
  async function arrange() {
    const { url, open } = await makeDatabase();
    const testHub = await openTestHub({ env: { PATCHBAY_DATABASE_URL: url } });
    return { testHub, hub: testHub.hub, readiness: openReadiness(testHub.hub), store: await open() };
  }

  test("a hub that can serve is ready", async () => {
    const { readiness } = await arrange();

    expect(await readiness.check()).toEqual(READY);
  });

  test("a hub is not ready on a schema that a newer version has made", async () => {
    const { readiness, store } = await arrange();
    const later = { name: "9999-later", timestamp: "2030-01-01T00:00:00.000Z" };
    await store.db
      .withTables<{ kysely_migration: typeof later }>()
      .insertInto("kysely_migration")
      .values(later)
      .execute();

    expect(await readiness.check()).toEqual({ status: "not ready", checks: { ...READY.checks, schema: "failed" } });
  });

  test("a hub is not ready with another master key than its database's", async () => {
    const { readiness, store, hub } = await arrange();
    await hub.vault.seal({ workspaceId: hub.owner.workspaceId, belongsTo: "int_1", field: "TOKEN" }, "secret");
    await store.db.updateTable("data_keys").set({ master_id: "another" }).execute();

    expect(await readiness.check()).toEqual({ status: "not ready", checks: { ...READY.checks, master_key: "failed" } });
  });

  test("a hub is not ready without its database, and is again when that is back", async () => {
    const { readiness, store } = await arrange();
    await store.db.schema.alterTable("data_keys").renameTo("elsewhere").execute();

    const away = await readiness.check();
    await store.db.schema.alterTable("elsewhere").renameTo("data_keys").execute();

    expect(away).toEqual({
      status: "not ready",
      checks: { running: "ok", database: "failed", schema: "unknown", master_key: "unknown" },
    });
    await expect.poll(() => readiness.check()).toEqual(READY);
  });
});

test("however many ask, the database is asked once a second", async () => {
  const { hub } = await openTestHub();
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const isCurrent = vi.fn<() => Promise<boolean>>(() => Promise.resolve(true));
  const readiness = openReadiness({ ...hub, store: { ...hub.store, isCurrent } });

  await Promise.all(Array.from({ length: 50 }, () => readiness.check()));
  vi.advanceTimersByTime(1_000);
  await readiness.check();
  const within = isCurrent.mock.calls.length;
  vi.advanceTimersByTime(1);
  await readiness.check();

  expect([within, isCurrent.mock.calls.length]).toEqual([1, 2]);
});

test("a hub that was told to stop is not ready from then on, whatever was found before", async () => {
  const { hub } = await openTestHub();
  const readiness = openReadiness(hub);
  await readiness.check();

  const stopped = readiness.stop();
  const report = await readiness.check();
  await stopped;

  expect(report).toEqual({ status: "not ready", checks: { ...READY.checks, running: "failed" } });
});
