import { sql } from "kysely";
import { HubError } from "../errors.ts";
import type { Store } from "../store/open.ts";
import { decrypt, encrypt } from "./cipher.ts";
import type { MasterKey } from "./master-key.ts";
import { openDataKeys } from "./open-data-keys.ts";

/** Where a secret belongs. Sealed there, it opens nowhere else. */
export interface SecretAddress {
  readonly workspaceId: string;
  /** The id of an integration, an OAuth app or an OAuth flow. */
  readonly belongsTo: string;
  /** What it is there, e.g. `GITHUB_TOKEN` or `client_secret`. */
  readonly field: string;
}

/** How far a rotation is, if one has begun. */
export interface VaultStatus {
  /** When the data key was made that seals now; null before anything is sealed. */
  readonly sealingSince: string | null;
  readonly dataKeys: number;
  /** Credentials and secrets of OAuth apps. */
  readonly secrets: number;
  /** Those of them that an older data key sealed. */
  readonly left: number;
}

/** Seals credentials by keys that only the holder of the master key can unwrap. */
export interface Vault {
  /** What is to stay sealed for long belongs where `resealSome` looks: into credentials or OAuth apps. */
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
  status(): Promise<VaultStatus>;
}

interface VaultOptions {
  readonly store: Store;
  readonly masterKey: Pick<MasterKey, "key" | "where">;
  readonly now?: () => Date;
}

/** The field of an OAuth app's secret. */
export const CLIENT_SECRET = "client_secret";

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
    const { belongsTo, field } = address;
    throw new HubError("reconnect_required", `${field} of ${belongsTo} is not what Patchbay sealed there.`, {
      hint: `Reconnect ${belongsTo}, and find out who changed the database.`,
    });
  }

  async function reseal(secret: SealedSecret): Promise<boolean> {
    return replaceSealed(store, secret, await seal(secret, await open(secret, secret.sealed)));
  }

  return {
    seal,
    open,
    rotateMasterKey: keys.rewrap,
    rotateDataKey: keys.rotate,
    async resealSome(limit) {
      const prefix = prefixOf((await keys.findCurrent()).id);
      let moved = 0;
      for (const secret of await readOld(store, prefix, limit)) moved += (await reseal(secret)) ? 1 : 0;
      await deleteUnusedKeys(store, new Date(now().getTime() - KEPT_AFTER_RETIREMENT_MS));
      return { moved, left: await countOld(store, prefix) };
    },
    async status() {
      const list = await keys.list();
      const current = list.find(({ retired_at }) => retired_at === null);
      const secrets = await countSealed(allSealed(store));
      return {
        sealingSince: current?.created_at ?? null,
        dataKeys: list.length,
        secrets,
        left: current ? await countOld(store, prefixOf(current.id)) : secrets,
      };
    },
  };
}

function prefixOf(dataKeyId: string): string {
  return `v1.${dataKeyId}.`;
}

function contextOf({ workspaceId, belongsTo, field }: SecretAddress, dataKeyId: string): string[] {
  return ["patchbay credential v1", workspaceId, belongsTo, field, dataKeyId];
}

interface SealedSecret extends SecretAddress {
  readonly sealed: string;
}

/** Everything that stays sealed, with its address. What belongs to a flow is gone before the key that sealed it. */
function allSealed({ db }: Store) {
  const credentials = db
    .selectFrom("credentials")
    .select(["workspace_id as workspaceId", "integration_id as belongsTo", "field", "sealed"]);
  const secrets = db
    .selectFrom("oauth_apps")
    .select(["workspace_id as workspaceId", "id as belongsTo"])
    .select((expression) => [
      expression.cast<string>(expression.val(CLIENT_SECRET), "text").as("field"),
      expression.ref("sealed_secret").$notNull().as("sealed"),
    ])
    .where("sealed_secret", "is not", null);
  return db.selectFrom(credentials.unionAll(secrets).as("secrets"));
}

function readOld(store: Store, currentPrefix: string, limit: number): Promise<SealedSecret[]> {
  return allSealed(store)
    .selectAll()
    .where("sealed", "not like", `${currentPrefix}%`)
    .orderBy("belongsTo")
    .orderBy("field")
    .limit(limit)
    .execute();
}

async function countOld(store: Store, currentPrefix: string): Promise<number> {
  return countSealed(allSealed(store).where("sealed", "not like", `${currentPrefix}%`));
}

async function countSealed(query: ReturnType<typeof allSealed>): Promise<number> {
  const { count } = await query.select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  return count;
}

/** Wherever it is, unless it was replaced meanwhile. */
async function replaceSealed({ db }: Store, { belongsTo, field, sealed: old }: SealedSecret, sealed: string) {
  const inCredentials = db
    .updateTable("credentials")
    .set({ sealed })
    .where("integration_id", "=", belongsTo)
    .where("field", "=", field)
    .where("sealed", "=", old);
  const inApps = db
    .updateTable("oauth_apps")
    .set({ sealed_secret: sealed })
    .where("id", "=", belongsTo)
    .where("sealed_secret", "=", old);
  const results = [await inCredentials.executeTakeFirst(), await inApps.executeTakeFirst()];
  return results.some(({ numUpdatedRows }) => numUpdatedRows > 0n);
}

async function deleteUnusedKeys(store: Store, retiredBefore: Date): Promise<void> {
  await store.db
    .deleteFrom("data_keys")
    .where("retired_at", "<", retiredBefore.toISOString())
    .where(({ exists, not }) =>
      not(
        exists(
          allSealed(store)
            .select("field")
            .where("sealed", "like", sql<string>`'v1.' || data_keys.id || '.%'`),
        ),
      ),
    )
    .execute();
}
