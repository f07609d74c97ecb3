import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { expect, onTestFinished, test, vi } from "vitest";
import { HubError } from "../src/errors.ts";
import { migrations } from "../src/store/migrate.ts";
import { openEngine, openStore, type Store } from "../src/store/open.ts";
import type { Tables } from "../src/store/tables.ts";
import { insertIntegration, makeSqliteDatabase, onEachStore, onPostgres, startChild } from "#testing";

const WRITE_SETTINGS = new URL("./fixtures/write-settings.ts", import.meta.url);

function insertWorkspace({ db }: Pick<Store, "db">, name: string, id = `ws_${name}`): Promise<unknown> {
  const row = { id, name, mode: "live" as const, created_at: "2026-01-01T00:00:00.000Z" };
  return db.insertInto("workspaces").values(row).execute();
}

function insertProfile({ db }: Pick<Store, "db">, workspaceId: string): Promise<unknown> {
  return db
    .insertInto("profiles")
    .values({
      id: "prof_1",
      workspace_id: workspaceId,
      name: "claude",
      notification_channels: "[]",
      created_at: "2026-01-01T00:00:00.000Z",
    })
    .execute();
}

/** A database as an earlier version left it. */
async function migrateUpTo(url: string, name: string) {
  const engine = await openEngine(url);
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations(engine) } }).migrateTo(
    name,
  );
  expect(error).toBeUndefined();
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}

function insertSetting({ db }: Pick<Store, "db">, workspaceId: string, name: string): Promise<unknown> {
  return db.insertInto("settings").values({ workspace_id: workspaceId, name, value: "1" }).execute();
}

async function countSettings({ db }: Store): Promise<number> {
  const rows = await db.selectFrom("settings").selectAll().execute();
  return rows.length;
}

function recordChange(store: Store, profile_id: string | null): Promise<void> {
  return store.transaction((db) => store.changes.record(db, { workspace_id: "ws_1", profile_id }));
}

function listen(store: Store): (string | null)[] {
  const heard: (string | null)[] = [];
  store.changes.subscribe(({ profile_id }) => heard.push(profile_id));
  return heard;
}

await onEachStore((makeDatabase) => {
  test("a transaction that throws leaves nothing behind, and the store goes on", async () => {
    const store = await (await makeDatabase()).open();

    const failing = store.transaction(async (db) => {
      await insertWorkspace({ db }, "lost");
      throw new Error("changed my mind");
    });

    await expect(failing).rejects.toThrow("changed my mind");
    await insertWorkspace(store, "kept");
    const rows = await store.db.selectFrom("workspaces").select("name").execute();
    expect(rows).toEqual([{ name: "kept" }]);
  });

  test("a row that refers to nothing is refused", async () => {
    const store = await (await makeDatabase()).open();

    await expect(insertProfile(store, "ws_nowhere")).rejects.toThrow(/foreign key/i);
  });

  test("a row that others refer to can't be deleted", async () => {
    const store = await (await makeDatabase()).open();
    await insertWorkspace(store, "a");
    await insertProfile(store, "ws_a");

    await expect(store.db.deleteFrom("workspaces").execute()).rejects.toThrow(/foreign key/i);
  });

  test("a second workspace of the same name and mode is refused", async () => {
    const store = await (await makeDatabase()).open();
    await insertWorkspace(store, "a");

    await expect(insertWorkspace(store, "a", "ws_other")).rejects.toThrow(/unique/i);
  });

  test("sequence numbers are numbers, also those above 32 bits", async () => {
    const store = await (await makeDatabase()).open();
    const seq = 2 ** 40;
    await store.db.insertInto("audit_heads").values({ workspace_id: "ws_1", seq, hash: "" }).execute();

    const [head] = await store.db.selectFrom("audit_heads").select("seq").execute();

    expect(head).toEqual({ seq });
  });

  test("what one store committed is there for another that is opened later", async () => {
    const database = await makeDatabase();
    const first = await database.open();
    await insertWorkspace(first, "a");
    await first.close();

    const second = await database.open();

    expect(await second.db.selectFrom("workspaces").select("name").execute()).toEqual([{ name: "a" }]);
  });

  test("a change reaches the listeners of another store, in order", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    const heard = listen(reader);

    await recordChange(writer, "prof_1");
    await recordChange(writer, null);
    await recordChange(writer, "prof_2");

    await expect.poll(() => heard).toEqual(["prof_1", null, "prof_2"]);
  });

  test("a change reaches the listeners of the store that recorded it as soon as it catches up", async () => {
    const store = await (await makeDatabase()).open();
    const heard = listen(store);

    await recordChange(store, "prof_1");
    await store.changes.catchUp();

    expect(heard).toEqual(["prof_1"]);
  });

  test("a change of a transaction that failed reaches nobody", async () => {
    const store = await (await makeDatabase()).open();
    const heard = listen(store);

    const failing = store.transaction(async (db) => {
      await store.changes.record(db, { workspace_id: "ws_1", profile_id: "prof_1" });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await store.changes.catchUp();

    expect(heard).toEqual([]);
  });

  test("no change is missed while several stores record at once", async () => {
    const database = await makeDatabase();
    const [one, other, reader] = [await database.open(), await database.open(), await database.open()];
    const heard = listen(reader);
    const names = Array.from({ length: 30 }, (_, index) => `prof_${index}`);

    await Promise.all(
      names.flatMap((name) => [recordChange(one, name), reader.changes.catchUp(), recordChange(other, name)]),
    );
    await reader.changes.catchUp();

    expect(heard).toHaveLength(60);
    expect(new Set(heard)).toEqual(new Set(names));
  });

  test("a store that slept for longer than changes are kept takes everything for changed", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    await insertWorkspace(writer, "a");
    await insertWorkspace(writer, "b");

    await recordChange(writer, "prof_1");
    await recordChange(writer, "prof_2");
    await writer.db.deleteFrom("changes").where("profile_id", "=", "prof_1").execute();
    const heard: unknown[] = [];
    reader.changes.subscribe(({ workspace_id, profile_id }) => heard.push([workspace_id, profile_id]));
    await reader.changes.catchUp();

    expect(heard).toHaveLength(3);
    expect(heard).toEqual(
      expect.arrayContaining([
        ["ws_a", null],
        ["ws_b", null],
        ["ws_1", "prof_2"],
      ]),
    );
  });

  test("what a store could not look for, it looks for again before it trusts what it knows", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    await recordChange(writer, "prof_1");
    await writer.db.schema.alterTable("changes").renameTo("elsewhere").execute();

    await expect(reader.changes.catchUp()).rejects.toThrow(/changes/);
    const isBehind = reader.changes.mayBeBehind();
    await writer.db.schema.alterTable("elsewhere").renameTo("changes").execute();
    const heard = listen(reader);
    await reader.changes.catchUp();

    expect(isBehind).toBe(true);
    expect(heard).toEqual(["prof_1"]);
  });

  test("an ended subscription hears nothing more", async () => {
    const store = await (await makeDatabase()).open();
    const heard: unknown[] = [];
    const unsubscribe = store.changes.subscribe((change) => heard.push(change));

    unsubscribe();
    await recordChange(store, "prof_1");
    await store.changes.catchUp();

    expect(heard).toEqual([]);
  });

  test("two stores of one process that write at once both succeed", async () => {
    const database = await makeDatabase();
    const [one, other] = [await database.open(), await database.open()];

    await Promise.all(
      Array.from({ length: 20 }, (_, index) => [
        one.transaction((db) => insertSetting({ db }, "ws_one", `setting-${index}`)),
        other.transaction((db) => insertSetting({ db }, "ws_other", `setting-${index}`)),
        insertSetting(other, "ws_third", `setting-${index}`),
      ]).flat(),
    );

    expect(await countSettings(one)).toBe(60);
  });

  test("two processes that open a new database and write at once both succeed", async () => {
    const database = await makeDatabase();

    const children = ["ws_one", "ws_other"].map((id) => startChild(WRITE_SETTINGS, database.url, id, "50"));
    const exitCodes = await Promise.all(children.map(({ exitCode }) => exitCode));

    expect(exitCodes).toEqual([0, 0]);
    expect(await countSettings(await database.open())).toBe(100);
  });

  test("a schema that a newer version has changed is refused", async () => {
    const database = await makeDatabase();
    const store = await database.open();
    const later = { name: "9999-later", timestamp: "2030-01-01T00:00:00.000Z" };
    await store.db
      .withTables<{ kysely_migration: typeof later }>()
      .insertInto("kysely_migration")
      .values(later)
      .execute();

    await expect(database.open()).rejects.toMatchObject({
      code: "conflict",
      message: "The database was changed by a newer Patchbay (9999-later).",
    });
  });

  test("accounts that had one label before labels had to differ are told apart by the end of their ids", async () => {
    const database = await makeDatabase();
    await using store = await migrateUpTo(database.url, "0005-grant-env");
    await insertWorkspace(store, "a");
    for (const [id, label] of Object.entries({ int_0001: "Work", int_0002: "work", int_0003: "home" })) {
      await insertIntegration(store, { workspace_id: "ws_a", service: "demo", id, label });
    }

    const upgraded = await database.open();

    const rows = await upgraded.db.selectFrom("integrations").select("label").orderBy("id").execute();
    expect(rows.map(({ label }) => label)).toEqual(["Work", "work (0002)", "home"]);
    await expect(
      insertIntegration(upgraded, { workspace_id: "ws_a", service: "demo", id: "int_0004", label: "HOME" }),
    ).rejects.toThrow(/unique/i);
  });

  test("a migration that fails half way leaves nothing behind", async () => {
    const database = await makeDatabase();
    await using db = new Kysely<unknown>({ dialect: (await openEngine(database.url)).dialect });
    await db.schema.createTable("changes").addColumn("in_the_way", "text").execute();

    await expect(database.open()).rejects.toThrow(/changes.* already exists/);

    const tables = await db.introspection.getTables();
    expect(tables.map(({ name }) => name)).toEqual(["changes"]);
  });
});

await onPostgres((makeDatabase) => {
  const LISTENERS = sql`from pg_stat_activity where datname = current_database() and query like 'listen %'`;
  async function whenListening({ db }: Store): Promise<void> {
    await expect.poll(async () => (await sql`select pid ${LISTENERS}`.execute(db)).rows).toHaveLength(1);
  }

  test("a change is heard as soon as it is announced, by a store that never looks of its own accord", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const heard = listen(reader);
    await whenListening(writer);

    // The first may be found by the look that follows once it listens.
    for (const name of ["prof_1", "prof_2"]) {
      await recordChange(writer, name);
      await expect.poll(() => heard.at(-1)).toBe(name);
    }

    expect(heard).toEqual(["prof_1", "prof_2"]);
  });

  test("a change that is recorded while the connection that hears of changes is cut is heard all the same", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    const heard = listen(reader);
    await whenListening(writer);

    for (const name of ["prof_1", "prof_2", "prof_3"]) {
      await sql`select pg_terminate_backend(pid) ${LISTENERS}`.execute(writer.db);
      await recordChange(writer, name);
      await expect.poll(() => heard.at(-1)).toBe(name);
      await whenListening(writer);
    }

    await recordChange(writer, "prof_4");
    await expect.poll(() => heard.at(-1)).toBe("prof_4");
    expect(heard).toEqual(["prof_1", "prof_2", "prof_3", "prof_4"]);
  });

  test("a connection that is cut while it is used ends what uses it, and nothing else", async () => {
    const database = await makeDatabase();
    const [store, other] = [await database.open(), await database.open()];
    const cut = store.transaction(async (db) => {
      await insertWorkspace({ db }, "lost");
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db);
      await expect.poll(() => sql`select 1`.execute(db).then(String, String)).toMatch(/terminated|not queryable/);
      await insertWorkspace({ db }, "never");
    });

    const error: unknown = await cut.catch((cause: unknown) => cause);

    expect(store.engine.isAway(error)).toBe(true);
    await insertWorkspace(store, "kept");
    expect(await store.db.selectFrom("workspaces").select("name").execute()).toEqual([{ name: "kept" }]);
  });

  test("a change that nobody announces is heard after some seconds", async () => {
    const database = await makeDatabase();
    const [writer, reader] = [await database.open(), await database.open()];
    const heard = listen(reader);
    await whenListening(writer);

    const at = new Date().toISOString();
    await writer.db.insertInto("changes").values({ workspace_id: "ws_1", profile_id: "prof_1", at }).execute();

    await expect.poll(() => heard).toEqual(["prof_1"]);
  });
});

test("the files of a SQLite store can be read by their owner only", async () => {
  const { url, open } = await makeSqliteDatabase();
  const store = await open();
  await insertWorkspace(store, "a");

  const modes = [url, `${url}-wal`, `${url}-shm`].map((path) => statSync(path).mode & 0o777);

  expect(modes).toEqual([0o600, 0o600, 0o600]);
});

test("a folder that is made for a SQLite store is its owner's", async () => {
  const { url } = await makeSqliteDatabase();
  const folder = join(dirname(url), "home");

  const store = await openStore(join(folder, "hub.db"));
  await store.close();

  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a file that is not a database is reported by its name", async () => {
  const { url } = await makeSqliteDatabase();

  await expect(openStore(dirname(url))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(dirname(url)),
  });
});

test("a PostgreSQL that does not answer is reported without the password", async () => {
  const failure: unknown = await openStore("postgres://hub:s3cret@127.0.0.1:1/hub").catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(HubError);
  expect(failure).toMatchObject({ code: "unavailable", message: expect.stringContaining("127.0.0.1:1/hub") });
  expect(String(failure)).not.toContain("s3cret");
});
