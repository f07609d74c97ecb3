import { sql } from "kysely";
import { HubError } from "../errors.ts";
import type { Store } from "../store/open.ts";
import type { CredentialRow } from "../store/tables.ts";
import { decrypt, encrypt } from "./cipher.ts";
import type { MasterKey } from "./master-key.ts";
import { openDataKeys } from "./open-data-keys.ts";

/** Where a secret belongs. Sealed there, it opens nowhere else. */
export interface SecretAddress {
  readonly workspaceId: string;
  readonly integrationId: string;
  /** The credential field's name, e.g. `GITHUB_TOKEN`. */
  readonly field: string;
}

/** Seals credentials by keys that only the holder of the master key can unwrap. */
export interface Vault {
  /** The result's place is `credentials.sealed`, the only one where `resealSome` looks. */
  seal(address: SecretAddress, secret: string): Promise<string>;
  /** Throws `reconnect_required` when this is not what was sealed for this address. */
  open(address: SecretAddress, sealed: string): Promise<string>;
  /**
   * From here on the new master key opens the vault, and only that. All or nothing; repeating it does no harm.
   *
   * Other processes go on with what they have in memory and need the new key when they start again.
   */
  rotateMasterKey(newKey: Buffer): Promise<void>;
  /** A new data key seals from here on. `resealSome` moves what older ones sealed. */
  rotateDataKey(): Promise<void>;
  /**
   * Seals up to `limit` credentials anew that an older data key sealed, while others use them, and deletes data keys that
   * have sealed nothing for an hour. Call it until nothing is left; it goes on where it was interrupted.
   */
  resealSome(limit: number): Promise<{ readonly moved: number; readonly left: number }>;
}

interface VaultOptions {
  readonly store: Store;
  readonly masterKey: Pick<MasterKey, "key" | "where">;
  readonly now?: () => Date;
}

/** Another process that has just sealed by a data key may be about to write the result. */
const KEPT_AFTER_RETIREMENT_MS = 60 * 60 * 1000;

/** Opens the vault in a store. Throws `conflict` when it was sealed with another master key. */
export async function openVault({ store, masterKey, now = () => new Date() }: VaultOptions): Promise<Vault> {
  const keys = await openDataKeys({ store, masterKey, now });

  async function seal(address: SecretAddress, secret: string): Promise<string> {
    // A lone half of a surrogate pair would come back as another character.
    if (!secret.isWellFormed()) throw new HubError("invalid_input", `${address.field} is not valid text.`);
    const { id, key } = await keys.findCurrent();
    return `${prefixOf(id)}${encrypt(key, Buffer.from(secret), contextOf(address, id))}`;
  }

  async function open(address: SecretAddress, sealed: string): Promise<string> {
    const [, id = "", text = ""] = /^v1\.(\w+)\.([\w-]+)$/.exec(sealed) ?? [];
    const dataKey = await keys.find(id);
    const secret = dataKey && decrypt(dataKey.key, text, contextOf(address, id));
    if (secret) return secret.toString();
    const { integrationId, field } = address;
    throw new HubError("reconnect_required", `${field} of ${integrationId} is not what Patchbay sealed there.`, {
      hint: `Reconnect ${integrationId}, and find out who changed the database.`,
    });
  }

  async function reseal(row: CredentialRow): Promise<boolean> {
    const address = { workspaceId: row.workspace_id, integrationId: row.integration_id, field: row.field };
    const sealed = await seal(address, await open(address, row.sealed));
    const { numUpdatedRows } = await store.db
      .updateTable("credentials")
      .set({ sealed })
      .where("integration_id", "=", row.integration_id)
      .where("field", "=", row.field)
      // Unless it was replaced meanwhile.
      .where("sealed", "=", row.sealed)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  return {
    seal,
    open,
    rotateMasterKey: keys.rewrap,
    rotateDataKey: keys.rotate,
    async resealSome(limit) {
      const prefix = prefixOf((await keys.findCurrent()).id);
      const old = await readOldCredentials(store, prefix, limit);
      let moved = 0;
      for (const row of old) moved += (await reseal(row)) ? 1 : 0;
      await deleteUnusedKeys(store, new Date(now().getTime() - KEPT_AFTER_RETIREMENT_MS));
      return { moved, left: await countOldCredentials(store, prefix) };
    },
  };
}

function prefixOf(dataKeyId: string): string {
  return `v1.${dataKeyId}.`;
}

function contextOf({ workspaceId, integrationId, field }: SecretAddress, dataKeyId: string): string[] {
  return ["patchbay credential v1", workspaceId, integrationId, field, dataKeyId];
}

function readOldCredentials({ db }: Store, currentPrefix: string, limit: number): Promise<CredentialRow[]> {
  return db
    .selectFrom("credentials")
    .selectAll()
    .where("sealed", "not like", `${currentPrefix}%`)
    .orderBy("integration_id")
    .orderBy("field")
    .limit(limit)
    .execute();
}

async function countOldCredentials({ db }: Store, currentPrefix: string): Promise<number> {
  const { count } = await db
    .selectFrom("credentials")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("sealed", "not like", `${currentPrefix}%`)
    .executeTakeFirstOrThrow();
  return count;
}

async function deleteUnusedKeys({ db }: Store, retiredBefore: Date): Promise<void> {
  await db
    .deleteFrom("data_keys")
    .where("retired_at", "<", retiredBefore.toISOString())
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom("credentials")
            .select("field")
            .where("sealed", "like", sql<string>`'v1.' || data_keys.id || '.%'`),
        ),
      ),
    )
    .execute();
}
