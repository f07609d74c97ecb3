import { createKey } from "./access/keys.ts";
import { addProfile, listProfiles } from "./access/profiles.ts";
import type { Hub } from "./hub.ts";

/** What a fresh hub has to tell its owner; the key is shown this once. */
export interface Welcome {
  readonly ownerKey: string;
  readonly profile: string;
}

const FIRST_PROFILE = "default";

/** Gives a fresh workspace an owner's key and a profile; `undefined` where it has had them. */
export async function bootstrap({ store, audit, owner }: Hub): Promise<Welcome | undefined> {
  const { workspaceId, actor } = owner;
  return store.transaction(async (db) => {
    await store.engine.inOrder(db);
    const key = await db
      .selectFrom("keys")
      .select("id")
      .where("workspace_id", "=", workspaceId)
      .where("profile_id", "is", null)
      .executeTakeFirst();
    if (key) return undefined;

    const { id, token } = await createKey(db, { workspaceId, mode: "live" });
    await audit.appendIn(db, { workspaceId, actor, action: "key.create", details: { key: id, mode: "live" } });
    const profiles = await listProfiles(db, workspaceId);
    if (profiles.length === 0) await addProfile({ audit }, db, owner, FIRST_PROFILE);
    return { ownerKey: token, profile: profiles[0]?.name ?? FIRST_PROFILE };
  });
}
