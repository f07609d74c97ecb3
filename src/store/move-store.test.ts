import { sql } from "kysely";
import { expect, test } from "vitest";
import { makeSqliteDatabase, onPostgres } from "#testing";
import { moveStore } from "./move-store.ts";
import type { Store } from "./open.ts";

const AT = "2026-01-01T00:00:00.000Z";
const ENTRIES = 2_500;

/** A store with rows that refer to others, more of one table than are read at once, and numbers that go on. */
async function fill({ db, transaction, changes }: Store): Promise<void> {
  const workspace = { id: "ws_1", name: "default", mode: "live" as const, created_at: AT };
  await db.insertInto("workspaces").values(workspace).execute();
  const profile = { id: "prof_1", workspace_id: "ws_1", name: "coder", notification_channels: "[]", created_at: AT };
  await db.insertInto("profiles").values(profile).execute();
  await sql`
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${ENTRIES})
    insert into audit_entries select 'ws_1', n, ${AT}, 'a', 'b', null, null, null, '{"a":"ä"}', 'p', 'h' || n from numbers
  `.execute(db);
  await transaction((inside) => changes.record(inside, { workspace_id: "ws_1", profile_id: "prof_1" }));
}

const rowsOf = async ({ db }: Store) => ({
  workspaces: await db.selectFrom("workspaces").selectAll().execute(),
  profiles: await db.selectFrom("profiles").selectAll().execute(),
  entries: await db.selectFrom("audit_entries").selectAll().orderBy("seq").execute(),
  changes: await db.selectFrom("changes").selectAll().execute(),
});

const nothing = () => Promise.resolve();

await onPostgres((makeDatabase) => {
  async function arrange() {
    const source = await (await makeSqliteDatabase()).open();
    await fill(source);
    return { source, target: await (await makeDatabase()).open() };
  }

  test("every row arrives as it was, and numbers go on from there", async () => {
    const { source, target } = await arrange();

    const moved = await moveStore(source, target, nothing);
    const arrived = await rowsOf(target);
    await target.transaction((db) => target.changes.record(db, { workspace_id: "ws_1", profile_id: null }));

    expect(moved).toMatchObject({ workspaces: 1, profiles: 1, audit_entries: ENTRIES, changes: 1, grants: 0 });
    expect(arrived).toEqual(await rowsOf(source));
    const numbers = await target.db.selectFrom("changes").select("seq").orderBy("seq").execute();
    expect(numbers).toEqual([{ seq: 1 }, { seq: 2 }]);
  });

  test("where what has arrived is not right, nothing has, and it can be tried again", async () => {
    const { source, target } = await arrange();
    let seen = 0;
    const refuse = async (db: Store["db"]) => {
      seen = (await db.selectFrom("audit_entries").select("seq").execute()).length;
      throw new Error("not as it was");
    };

    await expect(moveStore(source, target, refuse)).rejects.toThrow("not as it was");
    const left = await rowsOf(target);
    await moveStore(source, target, nothing);

    expect(seen).toBe(ENTRIES);
    expect(left).toEqual({ workspaces: [], profiles: [], entries: [], changes: [] });
    expect(await rowsOf(target)).toEqual(await rowsOf(source));
  });

  test("a target that holds anything is refused", async () => {
    const { source, target } = await arrange();
    await target.db.insertInto("settings").values({ workspace_id: "ws_2", name: "a", value: "1" }).execute();

    await expect(moveStore(source, target, nothing)).rejects.toMatchObject({
      code: "conflict",
      message: "The target is not empty: its table settings has rows.",
    });
  });
});
