import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../testing/make-folder.ts";
import { openSqlite } from "./sqlite.ts";
import type { SyncFile } from "./sync-log.ts";

/** A file with one table, and a disk of which the test says when it has written. */
async function arrange() {
  const path = join(makeFolder(), "hub.db");
  const asked: PromiseWithResolvers<void>[] = [];
  let isHeld = false;
  const sync: SyncFile = async () => {
    if (!isHeld) return;
    const disk = Promise.withResolvers<void>();
    asked.push(disk);
    await disk.promise;
  };
  const db = new Kysely<{ notes: { text: string } }>({ dialect: (await openSqlite(path, sync)).dialect });
  onTestFinished(() => db.destroy());
  await sql`create table notes (text text not null)`.execute(db);
  await db.insertInto("notes").values({ text: "first" }).execute();
  isHeld = true;
  const done: string[] = [];
  const write = async (text: string): Promise<void> => {
    await db.insertInto("notes").values({ text }).execute();
    done.push(text);
  };
  const read = async () => (await db.selectFrom("notes").select("text").execute()).map(({ text }) => text);
  return { path, db, asked, write, read, done, release: () => (isHeld = false) };
}

/** Lets everything run that needs no disk. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a write is told of once it is on disk, and others go on meanwhile", async () => {
  const { asked, write, read, done, path } = await arrange();

  const writing = write("second");
  const seen = await read();
  await turn();

  expect(seen).toEqual(["first", "second"]);
  expect(done).toEqual([]);
  expect(asked).toHaveLength(1);
  expect(readFileSync(`${path}-wal`, "latin1")).toContain("second");
  asked[0]?.resolve();
  await writing;
  expect(done).toEqual(["second"]);
});

test("a transaction is told of once it is on disk", async () => {
  const { db, asked } = await arrange();
  let isDone = false;

  const writing = db
    .transaction()
    .execute((transaction) => transaction.insertInto("notes").values({ text: "second" }).execute())
    .then(() => (isDone = true));
  while (asked.length === 0) await turn();
  await turn();

  expect(isDone).toBe(false);
  asked[0]?.resolve();
  await writing;
});

test("writes that wait for the disk share its next sync", async () => {
  const { asked, write, done } = await arrange();

  const writing = [write("a"), write("b"), write("c"), write("d")];
  while (asked.length === 0) await turn();
  for (let turns = 0; turns < 5; turns += 1) await turn();
  asked[0]?.resolve();
  while (asked.length < 2) await turn();
  asked[1]?.resolve();
  await Promise.all(writing);

  expect(asked).toHaveLength(2);
  expect(done.toSorted()).toEqual(["a", "b", "c", "d"]);
});

test("what only reads waits for no disk", async () => {
  const { asked, read } = await arrange();

  expect(await read()).toEqual(["first"]);
  expect(asked).toEqual([]);
});

test("once the disk has failed nothing that is written is told of any more", async () => {
  const { asked, write, read, release, done } = await arrange();

  const writing = write("second");
  while (asked.length === 0) await turn();
  asked[0]?.reject(new Error("EIO"));
  await expect(writing).rejects.toThrow("EIO");
  release();

  await expect(write("third")).rejects.toThrow("EIO");
  expect(done).toEqual([]);
  expect(await read()).toContain("first");
});
