import * as z from "zod";
import { createKey, listKeys, revokeKey } from "../access/keys.ts";
import { SCOPES } from "../access/principal.ts";
import { createProfile, findProfile } from "../access/profiles.ts";
import { siblingWorkspace } from "../access/workspaces.ts";
import { action, type ActionContext } from "./action.ts";

const Key = z.object({
  id: z.string(),
  profile_id: z.string().nullable(),
  ending: z.string().describe("Its last four characters"),
  scopes: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

export const create = action({
  summary: "Create a key of the owner, or of a profile. It is shown once.",
  effect: "write",
  scope: "keys:write",
  input: z.object({
    profile: z.string().optional().describe("Whose key it is; the owner's when absent"),
    mode: z.enum(["live", "test"]).default("live").describe("Test keys live in a world of their own"),
    scope: z.array(z.enum(SCOPES)).optional().describe("What it may be used for; all that its holder may when absent"),
  }),
  output: z.object({ id: z.string(), key: z.string().describe("Shown this once: keep it") }),
  async run({ profile, mode, scope }, context) {
    const { store, audit, principal } = context;
    const workspace = await siblingWorkspace(store, principal.workspaceId, mode);
    const profileId = profile === undefined ? undefined : await profileIn(context, workspace.id, profile);
    const subject = { workspaceId: workspace.id, ...(profileId !== undefined && { profileId }) };
    return store.transaction(async (db) => {
      const { id, token } = await createKey(db, { ...subject, mode, ...(scope && { scopes: scope }) });
      await audit.appendIn(db, {
        ...subject,
        actor: principal.actor,
        action: "key.create",
        details: { key: id, mode },
      });
      return { id, key: token };
    });
  },
});

/** A profile that exists in the caller's own world is made in the other one when a key first needs it there. */
async function profileIn({ store, principal }: ActionContext, workspaceId: string, name: string): Promise<string> {
  const own = await findProfile(store.db, principal.workspaceId, name);
  if (workspaceId === principal.workspaceId) return own.id;
  const there = await store.db
    .selectFrom("profiles")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", own.name)
    .executeTakeFirst();
  return there?.id ?? (await createProfile(store.db, workspaceId, own.name)).id;
}

export const list = action({
  summary: "List the keys, without the keys themselves.",
  effect: "read",
  scope: "keys:write",
  columns: ["id", "profile_id", "ending", "created_at", "revoked_at"],
  input: z.object({}),
  output: z.array(Key),
  run: async (_, { store, principal }) =>
    (await listKeys(store.db, principal.workspaceId)).map((row) => ({
      ...row,
      scopes: z.array(z.string()).parse(JSON.parse(row.scopes)),
    })),
});

export const revoke = action({
  summary: "End a key for good.",
  effect: "destructive",
  scope: "keys:write",
  positional: ["key"],
  input: z.object({ key: z.string().describe("The key's id (key_…)") }),
  output: z.object({ id: z.string() }),
  async run({ key }, { store, audit, principal }) {
    await revokeKey({ store, audit }, principal, key);
    return { id: key };
  },
});
