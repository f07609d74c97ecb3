import { expect, test } from "vitest";
import { onEachStore } from "#testing";
import { openAudit } from "../audit/open-audit.ts";
import { createKey, openKeyring, revokeKey } from "./keys.ts";
import { localOwner, PROFILE_SCOPES } from "./principal.ts";
import { createProfile } from "./profiles.ts";
import { ensureWorkspace, siblingWorkspace } from "./workspaces.ts";

await onEachStore((makeDatabase) => {
  test("a key tells whose it is and what it may be used for", async () => {
    const store = await (await makeDatabase()).open();
    const workspace = await ensureWorkspace(store, "default", "live");
    const profile = await createProfile(store.db, workspace.id, "coder");
    const { id, token } = await createKey(store.db, { workspaceId: workspace.id, mode: "live", profileId: profile.id });

    const principal = await openKeyring(store)(token);

    expect(token).toMatch(/^pb_live_[\w-]{43}$/);
    expect(principal).toEqual({
      workspaceId: workspace.id,
      profileId: profile.id,
      actor: id,
      scopes: PROFILE_SCOPES,
    });
  });

  test("the store holds no token", async () => {
    const store = await (await makeDatabase()).open();
    const workspace = await ensureWorkspace(store, "default", "live");

    const { token } = await createKey(store.db, { workspaceId: workspace.id, mode: "live" });

    const rows = await store.db.selectFrom("keys").selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token.slice(8, 40));
  });

  test.each(["", "pb_live_", "pb_live_unknown", "x".repeat(10_000)])(
    "the unknown key %.20s is refused",
    async (token) => {
      const store = await (await makeDatabase()).open();

      await expect(openKeyring(store)(token)).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
    },
  );

  test("an expired key is refused from its last moment on", async () => {
    const store = await (await makeDatabase()).open();
    const workspace = await ensureWorkspace(store, "default", "live");
    const expiresAt = "2026-01-01T00:00:00.000Z";
    const { token } = await createKey(store.db, { workspaceId: workspace.id, mode: "live", expiresAt });
    let now = new Date("2025-12-31T23:59:59.999Z");
    const authenticate = openKeyring(store, () => now);
    await authenticate(token);

    now = new Date(expiresAt);

    await expect(authenticate(token)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("a key revoked by another process is refused although this one knew it", async () => {
    const database = await makeDatabase();
    const [here, there] = [await database.open(), await database.open()];
    const workspace = await ensureWorkspace(here, "default", "live");
    const { id, token } = await createKey(here.db, { workspaceId: workspace.id, mode: "live" });
    const authenticate = openKeyring(here);
    await authenticate(token);

    await revokeKey({ store: there, audit: openAudit({ store: there }) }, localOwner(workspace.id), id);

    await expect
      .poll(() => authenticate(token).catch((error: unknown) => error))
      .toMatchObject({ code: "unauthenticated" });
  });

  test("a key that is not in use can't be revoked", async () => {
    const store = await (await makeDatabase()).open();
    const workspace = await ensureWorkspace(store, "default", "live");
    const ledger = { store, audit: openAudit({ store }) };

    await expect(revokeKey(ledger, localOwner(workspace.id), "key_none")).rejects.toMatchObject({ code: "not_found" });
  });

  test("keys for testing live in a workspace of their own", async () => {
    const store = await (await makeDatabase()).open();
    const live = await ensureWorkspace(store, "default", "live");

    const beside = await siblingWorkspace(store, live.id, "test");

    expect(beside).toMatchObject({ name: "default", mode: "test" });
    expect(beside.id).not.toBe(live.id);
    expect((await siblingWorkspace(store, beside.id, "live")).id).toBe(live.id);
  });
});
