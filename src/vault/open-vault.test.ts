import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { insertIntegration, onEachStore, startChild } from "#testing";
import type { Store } from "../store/open.ts";
import { fitsDataKeys } from "./open-data-keys.ts";
import { CLIENT_SECRET, openVault, type SecretAddress, type Vault } from "./open-vault.ts";

const SEAL_ONCE = new URL("../../test/fixtures/seal-once.ts", import.meta.url);
const ROTATE_DATA_KEYS = new URL("../../test/fixtures/rotate-data-keys.ts", import.meta.url);

const MASTER_KEY = { key: Buffer.alloc(32, 1), where: "a test" };
const OTHER_KEY = { key: Buffer.alloc(32, 2), where: "another test" };
const ADDRESS = { workspaceId: "ws_1", belongsTo: "int_1", field: "GITHUB_TOKEN" };

/** A clock that can be set. */
function makeClock() {
  const clock = { time: Date.parse("2026-01-01T00:00:00Z"), now: () => new Date(clock.time) };
  return clock;
}

async function insertAccount(store: Store, workspaceId: string, id: string): Promise<void> {
  const at = "2026-01-01T00:00:00.000Z";
  await store.db
    .insertInto("workspaces")
    .values({ id: workspaceId, name: workspaceId, mode: "live", created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await insertIntegration(store, { id, workspace_id: workspaceId });
}

/** Stores one sealed credential for each of `count` fields of `int_1`. */
async function insertCredentials(store: Store, vault: Vault, count: number): Promise<void> {
  await insertAccount(store, ADDRESS.workspaceId, ADDRESS.belongsTo);
  for (let index = 0; index < count; index++) {
    const field = `FIELD_${index}`;
    await store.db
      .insertInto("credentials")
      .values({
        integration_id: ADDRESS.belongsTo,
        workspace_id: ADDRESS.workspaceId,
        field,
        sealed: await vault.seal({ ...ADDRESS, field }, `secret of ${field}`),
        updated_at: "2026-01-01T00:00:00.000Z",
      })
      .execute();
  }
}

async function openCredentials({ db }: Store, vault: Vault): Promise<string[]> {
  const rows = await db.selectFrom("credentials").selectAll().orderBy("field").execute();
  return Promise.all(rows.map(({ field, sealed }) => vault.open({ ...ADDRESS, field }, sealed)));
}

function readDataKeys({ db }: Store) {
  return db.selectFrom("data_keys").selectAll().orderBy("id").execute();
}

/** The text with one character replaced by its neighbour in the alphabet. */
function changeAt(text: string, index: number): string {
  const neighbour = String.fromCharCode(text.charCodeAt(index) ^ 1);
  return text.slice(0, index) + neighbour + text.slice(index + 1);
}

await onEachStore((makeDatabase) => {
  async function openAll() {
    const database = await makeDatabase();
    const store = await database.open();
    const clock = makeClock();
    const vault = await openVault({ store, masterKey: MASTER_KEY, now: clock.now });
    return { database, store, clock, vault };
  }

  test("every secret comes back as it was: empty, unicode, long or random", async () => {
    const { vault } = await openAll();
    const random = Array.from({ length: 100 }, (_, index) => randomBytes(index * 7).toString("latin1"));
    const secrets = ["", "\0", "ключ 🔑 \u{10ffff}", "x".repeat(1_000_000), ...random];

    const sealed = await Promise.all(secrets.map((secret) => vault.seal(ADDRESS, secret)));
    const opened = await Promise.all(sealed.map((text) => vault.open(ADDRESS, text)));

    expect(opened).toEqual(secrets);
  });

  test("text that UTF-8 can't hold is refused rather than changed", async () => {
    const { vault } = await openAll();

    await expect(vault.seal(ADDRESS, "half of a pair: \ud800")).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("nothing of a secret is in the store", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 1);

    const rows = await store.db.selectFrom("credentials").selectAll().execute();

    expect(JSON.stringify([rows, await readDataKeys(store)])).not.toContain("secret of");
  });

  test("a secret that was changed at any one place is refused", async () => {
    const { vault } = await openAll();
    const sealed = await vault.seal(ADDRESS, "ghp_secret");

    const attempts = Array.from(sealed, (_, index) => vault.open(ADDRESS, changeAt(sealed, index)));
    const outcomes = await Promise.allSettled(attempts);

    expect(outcomes.map(({ status }) => status)).toEqual(Array.from(sealed, () => "rejected"));
  });

  test.each<[string, Partial<SecretAddress>]>([
    ["workspace", { workspaceId: "ws_2" }],
    ["integration", { belongsTo: "int_2" }],
    ["field", { field: "OTHER_TOKEN" }],
    ["split between integration and field", { belongsTo: "int_1GITHUB", field: "_TOKEN" }],
  ])("a secret does not open at another %s", async (_, other) => {
    const { vault } = await openAll();
    const sealed = await vault.seal(ADDRESS, "ghp_secret");

    await expect(vault.open({ ...ADDRESS, ...other }, sealed)).rejects.toMatchObject({ code: "reconnect_required" });
  });

  test("a refusal names the integration and the field, and shows nothing of the secret", async () => {
    const { vault } = await openAll();
    const sealed = changeAt(await vault.seal(ADDRESS, "ghp_secret"), 50);

    const error: unknown = await vault.open(ADDRESS, sealed).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ message: "GITHUB_TOKEN of int_1 is not what Patchbay sealed there." });
    expect(JSON.stringify([error, String(error)])).not.toContain(sealed.slice(40));
  });

  test("what is no sealed secret at all is refused", async () => {
    const { vault } = await openAll();

    await expect(vault.open(ADDRESS, "ghp_plain")).rejects.toMatchObject({ code: "reconnect_required" });
    await expect(vault.open(ADDRESS, "")).rejects.toMatchObject({ code: "reconnect_required" });
  });

  test("another master key is told at once, by where it came from", async () => {
    const { store, vault } = await openAll();
    await vault.seal(ADDRESS, "ghp_secret");

    await expect(openVault({ store, masterKey: OTHER_KEY })).rejects.toMatchObject({
      code: "conflict",
      message: "The master key in another test is not the one that sealed this database.",
    });
  });

  test("a vault that has sealed nothing opens with any master key", async () => {
    const { store } = await openAll();

    await expect(openVault({ store, masterKey: OTHER_KEY })).resolves.toBeDefined();
    expect(await fitsDataKeys(store, OTHER_KEY.key)).toBe(true);
  });

  test("two processes with different master keys can't both seal", async () => {
    const { store, vault } = await openAll();
    const other = await openVault({ store, masterKey: OTHER_KEY });
    await vault.seal(ADDRESS, "ghp_secret");

    await expect(other.seal(ADDRESS, "ghp_secret")).rejects.toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("Restart"),
    });
  });

  test("a data key that was changed is told at once, by its id", async () => {
    const { store, vault } = await openAll();
    await vault.seal(ADDRESS, "ghp_secret");
    const [row] = await readDataKeys(store);
    await store.db
      .updateTable("data_keys")
      .set({ wrapped: changeAt(row?.wrapped ?? "", 20) })
      .execute();

    await expect(openVault({ store, masterKey: MASTER_KEY })).rejects.toMatchObject({
      code: "internal",
      message: `The data key ${row?.id} was changed outside Patchbay.`,
    });
  });

  test("data keys whose places were swapped are told at once", async () => {
    const { store, vault } = await openAll();
    await vault.rotateDataKey();
    await vault.rotateDataKey();
    const [one, other] = await readDataKeys(store);
    await store.db
      .updateTable("data_keys")
      .set({ wrapped: one?.wrapped ?? "" })
      .where("id", "=", other?.id ?? "")
      .execute();

    await expect(openVault({ store, masterKey: MASTER_KEY })).rejects.toMatchObject({ code: "internal" });
  });

  test("stores that seal their first secret at once agree on one data key", async () => {
    const { database, store } = await openAll();
    const stores = await Promise.all(Array.from({ length: 5 }, () => database.open()));
    const vaults = await Promise.all(stores.map((other) => openVault({ store: other, masterKey: MASTER_KEY })));

    await Promise.all(vaults.map((vault) => vault.seal(ADDRESS, "ghp_secret")));

    expect(await readDataKeys(store)).toHaveLength(1);
  });

  test("processes that seal their first secret at once agree on one data key", async () => {
    const { database, store, vault } = await openAll();

    const children = ["1", "2", "3"].map(() => startChild(SEAL_ONCE, database.url, MASTER_KEY.key.toString("hex")));
    const sealed = await Promise.all(children.map((child) => child.nextLine()));

    const opened = await Promise.all(sealed.map((text = "") => vault.open(ADDRESS, text)));
    expect(opened).toEqual(["sealed by a child", "sealed by a child", "sealed by a child"]);
    expect(await readDataKeys(store)).toHaveLength(1);
  });

  test("a vault that is opened later opens what was sealed before", async () => {
    const { database, store, vault } = await openAll();
    await insertCredentials(store, vault, 2);

    const later = await database.open();

    const opened = await openCredentials(later, await openVault({ store: later, masterKey: MASTER_KEY }));
    expect(opened).toEqual(["secret of FIELD_0", "secret of FIELD_1"]);
  });

  test("after a rotation of the master key the new one opens everything and the old one nothing", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 2);
    await vault.rotateDataKey();

    await vault.rotateMasterKey(OTHER_KEY.key);

    const opened = await openCredentials(store, await openVault({ store, masterKey: OTHER_KEY }));
    expect(opened).toEqual(["secret of FIELD_0", "secret of FIELD_1"]);
    await expect(openVault({ store, masterKey: MASTER_KEY })).rejects.toMatchObject({ code: "conflict" });
    expect(await fitsDataKeys(store, MASTER_KEY.key)).toBe(false);
  });

  test("the vault that rotated its master key goes on sealing, also by new data keys", async () => {
    const { store, vault } = await openAll();
    await vault.seal(ADDRESS, "before");

    await vault.rotateMasterKey(OTHER_KEY.key);
    await vault.rotateDataKey();
    const sealed = await vault.seal(ADDRESS, "after");

    const later = await openVault({ store, masterKey: OTHER_KEY });
    expect(await later.open(ADDRESS, sealed)).toBe("after");
  });

  test("repeating a rotation of the master key does no harm", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 1);

    await vault.rotateMasterKey(OTHER_KEY.key);
    const before = await readDataKeys(store);
    await vault.rotateMasterKey(OTHER_KEY.key);

    expect(await readDataKeys(store)).toEqual(before);
  });

  test("another process keeps working through a rotation of the master key, but can't make data keys", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 1);
    const other = await openVault({ store, masterKey: MASTER_KEY });

    await vault.rotateMasterKey(OTHER_KEY.key);

    expect(await openCredentials(store, other)).toEqual(["secret of FIELD_0"]);
    expect(await vault.open(ADDRESS, await other.seal(ADDRESS, "meanwhile"))).toBe("meanwhile");
    await expect(other.rotateDataKey()).rejects.toMatchObject({ code: "conflict" });
    await expect(other.rotateMasterKey(Buffer.alloc(32, 3))).rejects.toMatchObject({ code: "conflict" });
  });

  test("a data key that was made under a new master key wants a process that has it, and no one is told where it is", async () => {
    const { store, vault } = await openAll();
    await vault.seal(ADDRESS, "before");
    const other = await openVault({ store, masterKey: MASTER_KEY });

    await vault.rotateMasterKey(OTHER_KEY.key);
    await vault.rotateDataKey();
    const error: unknown = await other.seal(ADDRESS, "after").catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: "unavailable", hint: expect.stringContaining("Restart") });
    expect(String(error)).not.toContain(MASTER_KEY.where);
  });

  test("a new data key seals at once, in every process, and the old one still opens", async () => {
    const { store, vault } = await openAll();
    const other = await openVault({ store, masterKey: MASTER_KEY });
    const before = await vault.seal(ADDRESS, "before");

    await vault.rotateDataKey();
    const after = await other.seal(ADDRESS, "after");

    expect(after.split(".")[1]).not.toBe(before.split(".")[1]);
    expect(await other.open(ADDRESS, before)).toBe("before");
    expect(await vault.open(ADDRESS, after)).toBe("after");
  });

  test("resealing moves a few credentials at a time until none is left", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 5);
    await vault.rotateDataKey();

    const progress = [await vault.resealSome(2), await vault.resealSome(2), await vault.resealSome(2)];

    expect(progress).toEqual([
      { moved: 2, left: 3 },
      { moved: 2, left: 1 },
      { moved: 1, left: 0 },
    ]);
    expect(await openCredentials(store, vault)).toHaveLength(5);
  });

  test("the secrets of OAuth apps are moved, too", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 1);
    const address = { workspaceId: "ws_1", belongsTo: "app_1", field: CLIENT_SECRET };
    const app = { id: "app_1", workspace_id: "ws_1", service: "github", client_id: "id" };
    const rest = { authorize_url: null, token_url: null, revoke_url: null, created_at: "", updated_at: "" };
    const sealed_secret = await vault.seal(address, "secret of an app");
    await store.db
      .insertInto("oauth_apps")
      .values({ ...app, ...rest, sealed_secret })
      .execute();
    await vault.rotateDataKey();

    const progress = await vault.resealSome(10);

    const moved = await store.db.selectFrom("oauth_apps").select("sealed_secret").executeTakeFirstOrThrow();
    expect(progress).toEqual({ moved: 2, left: 0 });
    expect(moved.sealed_secret).not.toBe(sealed_secret);
    expect(await vault.open(address, moved.sealed_secret ?? "")).toBe("secret of an app");
  });

  test("an old data key is deleted an hour after it retired, once it seals nothing more", async () => {
    const { store, vault, clock } = await openAll();
    await insertCredentials(store, vault, 3);
    await vault.rotateDataKey();

    await vault.resealSome(10);
    const soon = await readDataKeys(store);
    clock.time += 61 * 60 * 1000;
    await vault.resealSome(10);
    const later = await readDataKeys(store);

    expect(soon).toHaveLength(2);
    expect(later.map(({ retired_at }) => retired_at)).toEqual([null]);
    expect(await openCredentials(store, vault)).toHaveLength(3);
  });

  test("an old data key that still seals something is never deleted", async () => {
    const { store, vault, clock } = await openAll();
    await insertCredentials(store, vault, 3);
    await vault.rotateDataKey();
    clock.time += 61 * 60 * 1000;

    await vault.resealSome(1);

    expect(await readDataKeys(store)).toHaveLength(2);
  });

  test("a process killed while it moves credentials leaves all of them open, and another goes on", async () => {
    const { database, store, vault } = await openAll();
    await insertCredentials(store, vault, 40);
    const child = startChild(ROTATE_DATA_KEYS, database.url, MASTER_KEY.key.toString("hex"));

    await child.nextLine();
    await child.nextLine();
    await child.kill();

    const later = await openVault({ store, masterKey: MASTER_KEY });
    expect(await openCredentials(store, later)).toHaveLength(40);
    expect(await later.resealSome(40)).toMatchObject({ left: 0 });
    expect(await openCredentials(store, later)).toHaveLength(40);
  });

  test("a credential that was replaced while it was moved keeps its new value", async () => {
    const { store, vault } = await openAll();
    await insertCredentials(store, vault, 20);
    await vault.rotateDataKey();
    const address = { ...ADDRESS, field: "FIELD_7" };
    const sealed = await vault.seal(address, "replaced");

    await Promise.all([
      vault.resealSome(20),
      store.db.updateTable("credentials").set({ sealed }).where("field", "=", address.field).execute(),
    ]);

    expect(await openCredentials(store, vault)).toContain("replaced");
  });
});
