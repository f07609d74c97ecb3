import type { Transaction } from "kysely";
import { HubError } from "../errors.ts";
import type { Ledger } from "./grants.ts";
import type { Principal } from "./principal.ts";
import { nearest } from "../nearest.ts";
import { newId } from "../store/ids.ts";
import type { Db } from "../store/open.ts";
import { type Page, type PageAsked, readPage } from "../store/page.ts";
import type { ProfileRow, Tables } from "../store/tables.ts";

/** Makes a profile; `conflict` where the workspace has one of that name. */
export async function createProfile(db: Db, workspaceId: string, name: string): Promise<ProfileRow> {
  const row: ProfileRow = {
    id: newId("profile"),
    workspace_id: workspaceId,
    name,
    notification_channels: "[]",
    created_at: new Date().toISOString(),
    runtime_integration_id: null,
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("profiles")
    .values(row)
    .onConflict((conflict) => conflict.columns(["workspace_id", "name"]).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) {
    throw new HubError("conflict", `There is already a profile named ${name}.`, { hint: "Choose another name." });
  }
  return row;
}

/** Makes a profile, on record. */
export async function addProfile(
  { audit }: Pick<Ledger, "audit">,
  db: Transaction<Tables>,
  { workspaceId, actor }: Pick<Principal, "workspaceId" | "actor">,
  name: string,
): Promise<ProfileRow> {
  const row = await createProfile(db, workspaceId, name);
  await audit.appendIn(db, { workspaceId, actor, action: "profile.create", profileId: row.id, details: { name } });
  return row;
}

/** The profile with that name or id; `not_found` names the nearest ones. */
export async function findProfile(db: Db, workspaceId: string, nameOrId: string): Promise<ProfileRow> {
  const row = await db
    .selectFrom("profiles")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where((expression) => expression.or([expression("name", "=", nameOrId), expression("id", "=", nameOrId)]))
    .executeTakeFirst();
  if (row) return row;

  const names = (await listProfiles(db, workspaceId)).map(({ name }) => name);
  throw new HubError("not_found", `There is no profile named ${nameOrId}.`, {
    hint:
      names.length > 0
        ? `The nearest are ${nearest(nameOrId, names).join(", ")}.`
        : `Make it with "patchbay profiles create ${nameOrId}".`,
  });
}

export function listProfiles(db: Db, workspaceId: string): Promise<ProfileRow[]> {
  return db.selectFrom("profiles").selectAll().where("workspace_id", "=", workspaceId).orderBy("name").execute();
}

/** The oldest first. */
export function pageProfiles(db: Db, workspaceId: string, asked: PageAsked): Promise<Page<ProfileRow>> {
  return readPage(db.selectFrom("profiles").selectAll().where("workspace_id", "=", workspaceId), asked, "asc");
}

/** Sets where `notify_user` may go; the first channel is the profile's default. */
export async function setNotificationChannels(
  { store, audit }: Ledger,
  actor: string,
  profile: ProfileRow,
  channels: readonly string[],
): Promise<void> {
  await store.transaction(async (db) => {
    await db
      .updateTable("profiles")
      .set({ notification_channels: JSON.stringify(channels) })
      .where("workspace_id", "=", profile.workspace_id)
      .where("id", "=", profile.id)
      .execute();
    await store.changes.record(db, { workspace_id: profile.workspace_id, profile_id: profile.id });
    await audit.appendIn(db, {
      workspaceId: profile.workspace_id,
      actor,
      action: "profile.channels",
      profileId: profile.id,
      details: { channels: channels.join(" ") },
    });
  });
  await store.changes.catchUp();
}

/** Sets the account by which the program that runs a profile's agent is told of messages, or takes it away. */
export async function setRuntime(
  { store, audit }: Ledger,
  actor: string,
  profile: ProfileRow,
  integrationId: string | null,
): Promise<ProfileRow> {
  const { id, workspace_id } = profile;
  const row = await store.transaction(async (db) => {
    const updated = await db
      .updateTable("profiles")
      .set({ runtime_integration_id: integrationId })
      .where("workspace_id", "=", workspace_id)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await store.changes.record(db, { workspace_id, profile_id: id });
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor,
      action: "profile.runtime",
      profileId: id,
      ...(integrationId !== null && { integrationId }),
    });
    return updated;
  });
  await store.changes.catchUp();
  return row;
}
