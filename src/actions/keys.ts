import type { Transaction } from "kysely";
import * as z from "zod";
import { createKey, pageKeys, revokeKey } from "../access/keys.ts";
import { hasScope, type Principal, PROFILE_SCOPES, type Scope, SCOPES } from "../access/principal.ts";
import { addProfile, findProfile } from "../access/profiles.ts";
import { type Mode as WorkspaceMode, siblingWorkspace } from "../access/workspaces.ts";
import { HubError } from "../errors.ts";
import { mapPage } from "../store/page.ts";
import type { Tables, WorkspaceRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";

const Key = z
  .object({
    id: z.string(),
    profile_id: z.string().nullable(),
    ending: z.string().describe("Its last four characters"),
    scopes: z.array(z.string()),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: "Key" });

const Mode = z.enum(["live", "test"]).optional().describe("Test keys live in a world of their own");

export const create = action({
  summary: "Create a key of the owner, or of a profile. It is shown once.",
  effect: "write",
  scope: "keys:write",
  who: "owner",
  route: "POST /keys",
  status: 201,
  shownOnce: ["key"],
  input: z.object({
    profile: z.string().optional().describe("Whose key it is; the owner's when absent"),
    mode: Mode,
    scopes: z.array(z.enum(SCOPES)).optional().describe("What it may be used for; all that its holder may when absent"),
    expires_at: z.iso
      .datetime()
      .optional()
      .describe("When it ends by itself, e.g. 2027-01-31T00:00:00Z; with the key that makes it when absent"),
  }),
  output: z.object({ id: z.string(), key: z.string().describe("Shown this once: keep it") }),
  async run({ profile, mode, scopes, expires_at }, context) {
    const { store, audit, principal } = context;
    const workspace = await worldOf(context, mode);
    const given = {
      mode: workspace.mode,
      scopes: scopes ? checkScopes(principal, scopes) : defaultScopes(principal, profile),
      ...endOf(principal, expires_at),
    };
    return store.transaction(async (db) => {
      const profileId = profile === undefined ? undefined : await profileIn(context, db, workspace.id, profile);
      const subject = { workspaceId: workspace.id, ...(profileId !== undefined && { profileId }) };
      const { id, token } = await createKey(db, { ...subject, ...given });
      const details = { key: id, ...given, scopes: given.scopes.join(" ") };
      await audit.appendIn(db, { ...subject, actor: principal.actor, action: "key.create", details });
      return { id, key: token };
    });
  },
});

/** The caller's own world, or the test world beside it; from there no way leads back. */
async function worldOf({ store, principal }: ActionContext, mode: WorkspaceMode | undefined): Promise<WorkspaceRow> {
  const workspace = await siblingWorkspace(store, principal.workspaceId, mode);
  if (workspace.id === principal.workspaceId || workspace.mode === "test") return workspace;
  throw new HubError("not_granted", "A test key can't reach the live world.", { hint: "Use a live key." });
}

/** No key gives what it has not got. */
function checkScopes(principal: Principal, scopes: readonly Scope[]): readonly Scope[] {
  const lacking = scopes.find((scope) => !hasScope(principal, scope));
  if (lacking === undefined) return scopes;
  throw new HubError("not_granted", `The key lacks the scope ${lacking}, so it can't give it.`, {
    hint: "Use a key that has it.",
  });
}

function defaultScopes(principal: Principal, profile: string | undefined): readonly Scope[] {
  const all = profile === undefined ? SCOPES : PROFILE_SCOPES;
  return all.filter((scope) => hasScope(principal, scope));
}

/** When a key is to end: not before it began, and with the one that makes it at the latest. */
function endOf({ expiresAt: own }: Principal, asked: string | undefined): { readonly expiresAt?: string } {
  const expiresAt = asked === undefined ? own : new Date(asked).toISOString();
  if (expiresAt === undefined) return {};
  if (expiresAt <= new Date().toISOString()) {
    throw new HubError("invalid_input", `The key would have ended on ${expiresAt}.`, { hint: "Give a time to come." });
  }
  if (own === undefined || expiresAt <= own) return { expiresAt };
  throw new HubError("not_granted", `The key ends on ${own}, so it can't make one that lasts longer.`, {
    hint: "Ask for an earlier end, or use a key that lasts.",
  });
}

/** A profile that exists in the caller's own world is made in the other one when a key first needs it there. */
async function profileIn(
  context: ActionContext,
  db: Transaction<Tables>,
  workspaceId: string,
  name: string,
): Promise<string> {
  const { workspaceId: ownWorkspaceId, actor } = context.principal;
  const own = await findProfile(db, ownWorkspaceId, name);
  if (workspaceId === ownWorkspaceId) return own.id;
  const there = await db
    .selectFrom("profiles")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", own.name)
    .executeTakeFirst();
  return there?.id ?? (await addProfile(context, db, { workspaceId, actor }, own.name)).id;
}

export const list = action({
  summary: "List the keys, without the keys themselves.",
  effect: "read",
  scope: "keys:write",
  who: "owner",
  route: "GET /keys",
  columns: ["id", "profile_id", "ending", "created_at", "expires_at", "revoked_at"],
  input: z.object({ mode: Mode, ...PageFields }),
  output: pageOf(Key),
  async run({ mode, ...asked }, context) {
    const page = await pageKeys(context.store.db, (await worldOf(context, mode)).id, asked);
    return mapPage(page, (row) => ({ ...row, scopes: z.array(z.string()).parse(JSON.parse(row.scopes)) }));
  },
});

export const revoke = action({
  summary: "End a key for good.",
  effect: "destructive",
  scope: "keys:write",
  who: "owner",
  route: "DELETE /keys/{key}",
  status: 204,
  positional: ["key"],
  input: z.object({ key: z.string().describe("The key's id (key_…)"), mode: Mode }),
  output: z.object({ id: z.string() }),
  async run({ key, mode }, context) {
    const { id: workspaceId } = await worldOf(context, mode);
    await revokeKey(context, { workspaceId, actor: context.principal.actor }, key);
    return { id: key };
  },
});
