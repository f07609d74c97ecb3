import * as z from "zod";
import { readContent } from "../notify/notice.ts";
import {
  findNotification,
  type NamedNotification,
  pageNotifications,
  replayNotification,
} from "../notify/notifications.ts";
import { mapPage } from "../store/page.ts";
import { action } from "./action.ts";
import { NotificationStatus } from "./notice-fields.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const Notification = z
  .object({
    id: z.string().describe("The same on every attempt: receivers know the message by it"),
    channel: z.string().describe("The account it goes through, e.g. slack:int_…"),
    profile: z.string().nullable().describe("Who speaks; null for Patchbay itself"),
    title: z.string().nullable(),
    urgency: z.enum(["low", "normal", "high"]),
    status: NotificationStatus,
    attempts: z.number(),
    reason: z.string().nullable().describe("Why it was not delivered the last time"),
    created_at: z.string(),
    next_attempt_at: z
      .string()
      .nullable()
      .describe("Null where none is planned: it is told, dead, or part of a digest"),
    delivered_at: z.string().nullable(),
    digest: z.string().nullable().describe("The notification in which it is told together with others"),
  })
  .meta({ id: "Notification" });

/** What is told of a notification to whoever may see it. */
export function showNotification(row: NamedNotification): z.input<typeof Notification> {
  const isPlanned = row.status === "accepted" && row.digest_id === null;
  return {
    id: row.id,
    channel: `${row.service}:${row.integration_id}`,
    profile: row.profile,
    title: readContent(row).title ?? null,
    urgency: row.urgency,
    status: row.status,
    attempts: row.attempts,
    reason: row.reason,
    created_at: row.created_at,
    next_attempt_at: isPlanned ? row.due_at : null,
    delivered_at: row.delivered_at,
    digest: row.digest_id,
  };
}

export const list = action({
  summary: "List what people were told, or are to be, the newest first.",
  effect: "read",
  scope: "notify",
  who: "anyone",
  route: "GET /notifications",
  columns: ["id", "channel", "profile", "title", "urgency", "status", "attempts", "reason", "created_at"],
  input: z.object({
    status: NotificationStatus.optional().describe("dead: given up, and kept to be replayed"),
    profile: z.string().optional().describe("Whose: an id (prof_…) or a name"),
    integration: z.string().optional().describe("Through which account: an id (int_…), or a service that has one"),
    ...PageFields,
  }),
  output: pageOf(Notification),
  async run({ status, profile, integration, ...asked }, context) {
    const { store, principal } = context;
    const profileId = profile === undefined ? principal.profileId : (await reachProfile(context, profile)).id;
    const through = integration === undefined ? undefined : (await reachIntegration(context, integration)).id;
    const filter = { profileId, status, integrationId: through };
    return mapPage(await pageNotifications(store.db, principal.workspaceId, filter, asked), showNotification);
  },
});

export const inspect = action({
  summary: "Show one notification: what it says, and what became of it.",
  effect: "read",
  scope: "notify",
  who: "anyone",
  route: "GET /notifications/{notification}",
  positional: ["notification"],
  input: z.object({ notification: z.string() }),
  output: Notification.extend({ message: z.string() }),
  async run({ notification }, { store, principal: { workspaceId, profileId } }) {
    const row = await findNotification(store.db, workspaceId, profileId, notification);
    return { ...showNotification(row), message: readContent(row).message };
  },
});

export const replay = action({
  summary: "Try a notification again that was given up, from the start and under the same id.",
  effect: "write",
  scope: "notify",
  who: "owner",
  route: "POST /notifications/{notification}/replay",
  positional: ["notification"],
  input: z.object({ notification: z.string() }),
  output: Notification,
  async run({ notification }, context) {
    const { workspaceId, actor } = context.principal;
    const row = await replayNotification(context, actor, workspaceId, notification);
    context.outbox.wake();
    return showNotification(row);
  },
});
