import type { Transaction } from "kysely";
import type { DecisionLinks } from "../access/decision-links.ts";
import type { Ledger } from "../access/grants.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { HubError } from "../errors.ts";
import { mustReconnect } from "../integrations/report-broken.ts";
import { newId } from "../store/ids.ts";
import type { Db } from "../store/open.ts";
import type { NotificationRow, NotificationStatus, Tables } from "../store/tables.ts";
import type { Content, NewMessage } from "./notice.ts";
import { laneOf, reserveSlot } from "./reserve-slot.ts";
import { signLink, writeInput } from "./write-input.ts";

export interface EnqueueParts extends Ledger {
  readonly catalog: Catalog;
  readonly links: DecisionLinks;
  /** How many notifications may go out through one account in a minute; what is more waits its turn. */
  readonly perMinute: number;
  readonly now: () => number;
}

/** What became of a message that was handed over. Once it is accepted it is on disk, and goes out however often we stop. */
export interface Accepted {
  readonly delivery: string;
  /** The account it goes through, e.g. `slack:int_…`. */
  readonly channel: string;
  /** Another than `accepted` where the same was said before. */
  readonly status: NotificationStatus;
}

const DEDUPE_MS = 24 * 60 * 60 * 1000;

/**
 * Puts a message into the outbox in the transaction of its cause, so that both are kept or neither. Refuses what the
 * channel could not carry.
 *
 * It comes before the transaction's own `audit.appendIn`, and after its `engine.inOrder`.
 */
export async function enqueue(parts: EnqueueParts, db: Transaction<Tables>, message: NewMessage): Promise<Accepted> {
  const { store, audit } = parts;
  const { integration, speaker, notice, dedupeKey } = message;
  const { id: integrationId, workspace_id: workspaceId, service } = integration;
  await checkCarried(parts, message);
  if (dedupeKey !== undefined) {
    // One at a time, so that what is said twice at once is said once.
    await store.engine.inOrder(db);
    const earlier = await findSame(db, message, parts.now());
    if (earlier) return earlier;
  }
  const nowMs = parts.now();
  const { urgency, ...content } = notice;
  const lane = laneOf(speaker.profileId, notice);
  // What is for programs floods nobody.
  const dueMs = content.event
    ? nowMs
    : await reserveSlot(store, db, integration, { lane, fromMs: nowMs, perMinute: parts.perMinute });
  const delivery = newId("delivery");
  await db
    .insertInto("notifications")
    .values({
      ...NEW,
      id: delivery,
      workspace_id: workspaceId,
      profile_id: speaker.profileId ?? null,
      integration_id: integrationId,
      actor: speaker.actor,
      speaker: speaker.name,
      content: JSON.stringify(content satisfies Content),
      urgency,
      dedupe_key: dedupeKey ?? null,
      due_at: new Date(dueMs).toISOString(),
      deferred: dueMs > nowMs ? 1 : 0,
      created_at: new Date(nowMs).toISOString(),
    })
    .execute();
  await audit.appendIn(db, {
    workspaceId,
    actor: speaker.actor,
    ...(speaker.profileId !== undefined && { profileId: speaker.profileId }),
    integrationId,
    action: "notification.accept",
    details: { delivery, urgency },
  });
  return { delivery, channel: `${service}:${integrationId}`, status: "accepted" };
}

const NEW = {
  status: "accepted",
  attempts: 0,
  fence: 0,
  digest_id: null,
  reason: null,
  delivered_at: null,
} as const satisfies Partial<NotificationRow>;

/** Whatever can be known now to fail is told now. */
async function checkCarried({ catalog, links }: EnqueueParts, message: NewMessage): Promise<void> {
  const { integration, speaker, notice } = message;
  if (integration.status === "error") throw mustReconnect(integration, integration.status_reason ?? "");
  const { link, ...said } = notice;
  const { connector } = await writeInput(catalog, integration, {
    ...said,
    ...(link && { link: signLink(links, link, integration.workspace_id) }),
    deliveryId: "dlv_0",
    createdAt: new Date(0).toISOString(),
    profile: speaker.name,
  });
  const { longest = Infinity } = connector.channel?.send ?? {};
  const length = (notice.title ?? "").length + notice.message.length;
  // What the hub itself says is cut rather than not said.
  if (speaker.profileId === undefined || length <= longest) return;
  throw new HubError("invalid_input", `${connector.name} carries ${longest} characters, and this has ${length}.`, {
    hint: "Say it in fewer, or in several messages.",
  });
}

/** What the same profile has said under the same key within a day. */
async function findSame(db: Db, message: NewMessage, nowMs: number): Promise<Accepted | undefined> {
  const { integration, speaker, dedupeKey } = message;
  const found = await db
    .selectFrom("notifications")
    .innerJoin("integrations", "integrations.id", "notifications.integration_id")
    .select(["notifications.id", "notifications.integration_id", "notifications.status", "integrations.service"])
    .where("notifications.workspace_id", "=", integration.workspace_id)
    .where("notifications.profile_id", "=", speaker.profileId ?? "")
    .where("notifications.dedupe_key", "=", dedupeKey ?? "")
    .where("notifications.created_at", ">", new Date(nowMs - DEDUPE_MS).toISOString())
    .orderBy("notifications.id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!found) return undefined;
  // Whoever said it first may still wait for the disk. So does this, for it writes.
  await db
    .updateTable("notifications")
    .set({ dedupe_key: dedupeKey ?? null })
    .where("workspace_id", "=", integration.workspace_id)
    .where("id", "=", found.id)
    .execute();
  return { delivery: found.id, channel: `${found.service}:${found.integration_id}`, status: found.status };
}
