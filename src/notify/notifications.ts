import type { Ledger } from "../access/grants.ts";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import { type Page, type PageAsked, readPage } from "../store/page.ts";
import type { NotificationRow, NotificationStatus } from "../store/tables.ts";

/** A notification with the names of whose it is and of what it goes through. */
export interface NamedNotification extends NotificationRow {
  /** Null for the hub's own. */
  readonly profile: string | null;
  readonly service: string;
}

interface Filter {
  /** Only this profile's; all of the workspace's when null. */
  readonly profileId: string | null;
  readonly status?: NotificationStatus | undefined;
  /** An account's id. */
  readonly integrationId?: string | undefined;
}

/** Newest first. */
export function pageNotifications(
  db: Db,
  workspaceId: string,
  { profileId, status, integrationId }: Filter,
  asked: PageAsked,
): Promise<Page<NamedNotification>> {
  let query = notificationsIn(db, workspaceId);
  if (profileId !== null) query = query.where("profile_id", "=", profileId);
  if (status !== undefined) query = query.where("status", "=", status);
  if (integrationId !== undefined) query = query.where("integration_id", "=", integrationId);
  return readPage(query, asked, "desc");
}

/** One notification; to a profile there is none but its own. */
export async function findNotification(
  db: Db,
  workspaceId: string,
  profileId: string | null,
  id: string,
): Promise<NamedNotification> {
  const row = await notificationsIn(db, workspaceId).where("id", "=", id).executeTakeFirst();
  if (row && (profileId === null || row.profile_id === profileId)) return row;
  throw new HubError("not_found", `There is no notification ${id}.`, {
    hint: 'List them with "patchbay notifications list".',
  });
}

function notificationsIn(db: Db, workspaceId: string) {
  return db
    .selectFrom("notifications")
    .selectAll()
    .select(({ selectFrom }) => {
      const profile = selectFrom("profiles").whereRef("profiles.id", "=", "notifications.profile_id");
      const integration = selectFrom("integrations").whereRef("integrations.id", "=", "notifications.integration_id");
      return [
        profile.select("profiles.name").$asScalar().as("profile"),
        integration.select("integrations.service").$asScalar().$notNull().as("service"),
      ];
    })
    .where("workspace_id", "=", workspaceId);
}

/** Has a dead letter tried again from the start, under the same delivery id. */
export async function replayNotification(
  { store, audit }: Ledger,
  actor: string,
  workspaceId: string,
  id: string,
  now = new Date(),
): Promise<NamedNotification> {
  const row = await findNotification(store.db, workspaceId, null, id);
  await store.transaction(async (db) => {
    const { numUpdatedRows } = await db
      .updateTable("notifications")
      .set({ status: "accepted", attempts: 0, digest_id: null, due_at: now.toISOString() })
      .where("workspace_id", "=", workspaceId)
      .where("id", "=", id)
      .where("status", "=", "dead")
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      throw new HubError("conflict", `The notification ${id} is not dead: it is ${row.status}.`, {
        hint: 'List those that are with "patchbay notifications list --status dead".',
      });
    }
    await audit.appendIn(db, {
      workspaceId,
      actor,
      ...(row.profile_id !== null && { profileId: row.profile_id }),
      integrationId: row.integration_id,
      action: "notification.replay",
      details: { delivery: id },
    });
  });
  return findNotification(store.db, workspaceId, null, id);
}
