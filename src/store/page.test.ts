import { expect, test } from "vitest";
import { onEachStore } from "#testing";
import { createProfile, pageProfiles } from "../access/profiles.ts";
import { ensureWorkspace } from "../access/workspaces.ts";
import { cutPage } from "./page.ts";

await onEachStore((makeDatabase) => {
  test("pages of a table follow one another without a gap, the oldest first, until the list ends", async () => {
    const { db, ...store } = await (await makeDatabase()).open();
    const { id: workspaceId } = await ensureWorkspace({ ...store, db }, "default", "live");
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d"]) ids.push((await createProfile(db, workspaceId, name)).id);
    const sorted = ids.toSorted();

    const first = await pageProfiles(db, workspaceId, { limit: 2 });
    const second = await pageProfiles(db, workspaceId, { limit: 2, cursor: first.next_cursor ?? "" });

    expect([first, second].map(({ data }) => data.map(({ id }) => id))).toEqual([sorted.slice(0, 2), sorted.slice(2)]);
    expect([first.next_cursor, second.next_cursor]).toEqual([sorted[1], null]);
  });

  test("a cursor that no list gave is refused", async () => {
    const { db, ...store } = await (await makeDatabase()).open();
    const { id: workspaceId } = await ensureWorkspace({ ...store, db }, "default", "live");

    const asking = async () => pageProfiles(db, workspaceId, { limit: 2, cursor: "' or 1=1" });

    await expect(asking()).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("a page never holds what is another workspace's", async () => {
    const { db, ...store } = await (await makeDatabase()).open();
    const live = await ensureWorkspace({ ...store, db }, "default", "live");
    const other = await ensureWorkspace({ ...store, db }, "default", "test");
    await createProfile(db, other.id, "theirs");

    const page = await pageProfiles(db, live.id, { limit: 10 });

    expect(page).toEqual({ data: [], next_cursor: null });
  });
});

test("pages of a list in memory are in the order of their keys", () => {
  const names = ["c", "a", "b"];

  const first = cutPage(names, { limit: 2 }, (name) => name);
  const second = cutPage(names, { limit: 2, cursor: "b" }, (name) => name);

  expect([first, second]).toEqual([
    { data: ["a", "b"], next_cursor: "b" },
    { data: ["c"], next_cursor: null },
  ]);
});

test("a page that ends where the list does is the last", () => {
  const page = cutPage(["a", "b"], { limit: 2 }, (name) => name);

  expect(page.next_cursor).toBeNull();
});
