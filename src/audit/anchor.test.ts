import { expect, test } from "vitest";
import { openTestHub } from "#testing";
import { chainEntries, ROOT } from "./chain.ts";

test("a chain that was written anew from its first entry holds, and no longer contains the anchor", async () => {
  const { hub, workspaceId } = await openTestHub();
  const { audit, store } = hub;
  for (const actor of ["one", "two", "three"]) await audit.append({ workspaceId, action: "test", actor });
  const anchor = await audit.anchor(workspaceId);
  const rows = await store.db.selectFrom("audit_entries").selectAll().orderBy("seq").execute();
  const loose = rows.map((row) => ({ ...row, actor: "forged" }));
  const forged = chainEntries(ROOT, loose);

  await store.db.deleteFrom("audit_entries").execute();
  await store.db.insertInto("audit_entries").values(forged).execute();
  await store.db
    .updateTable("audit_heads")
    .set({ hash: forged.at(-1)?.hash ?? "" })
    .execute();

  expect(await audit.verify(workspaceId)).toMatchObject({ ok: true, entries: 3 });
  expect(await audit.verify(workspaceId, anchor)).toEqual({
    ok: false,
    entries: 2,
    brokenAt: 3,
    reason: "it is not the one that was anchored",
  });
});
