import type { DecisionLinks } from "../access/decision-links.ts";
import type { Calls } from "../call/open-calls.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { HubError } from "../errors.ts";
import type { Db, Store } from "../store/open.ts";
import type { IntegrationRow, NotificationRow } from "../store/tables.ts";
import { settingsOf } from "../integrations/integrations.ts";
import { findIntegrationOf } from "./claim-due.ts";
import { mayNotifyThrough } from "./choose-channel.ts";
import { gatherDigest, readDigest } from "./digest.ts";
import type { Content } from "./notice.ts";
import { signChoices, signLink, writeInput } from "./write-input.ts";

export interface DeliverParts {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly calls: Calls;
  readonly links: DecisionLinks;
  readonly now: () => number;
}

/** Tries a notification once, by the road that every call takes. Throws where it was not delivered. */
export async function deliver(parts: DeliverParts, row: NotificationRow, signal: AbortSignal): Promise<void> {
  const { store, catalog, calls } = parts;
  const integration = await findCarrier(store.db, row);
  const { channel } = await catalog.connector(integration.service);
  if (channel?.send.isForPrograms !== true) await gatherDigest(store, row);
  const content = await readDigest(store, row);
  await checkAllowed(parts, row, integration, content);
  const { link, ...said } = content;
  const isHidden = link && (await isReadByAgents(parts, integration));
  const isWhole = link?.kind === "approvals" && link.isToldWhole === true;
  const mayDecide = isWhole && !isHidden && (await hearsPresses(parts, integration));
  const choices = mayDecide ? signChoices(parts.links, link.id, integration) : undefined;
  const { connector, operation, input } = await writeInput(catalog, integration, {
    ...said,
    ...(link && !isHidden && { link: signLink(parts.links, link, row.workspace_id) }),
    ...(choices && { choices }),
    urgency: row.urgency,
    deliveryId: row.id,
    createdAt: row.created_at,
    profile: row.speaker,
  });
  await calls.perform({
    actor: row.actor,
    ...(row.profile_id !== null && { profileId: row.profile_id }),
    integration,
    connector,
    operation,
    input,
    signal,
    idempotencyKey: row.id,
  });
}

async function findCarrier(db: Db, row: NotificationRow): Promise<IntegrationRow> {
  const integration = await findIntegrationOf(db, row);
  if (integration.status !== "disconnected") return integration;
  throw new HubError("not_found", `${integration.service}:${integration.label} is not connected any more.`);
}

/** Much can have changed since it was accepted. A reply may go where the person wrote from. */
async function checkAllowed(
  { store, calls, now }: DeliverParts,
  { profile_id }: NotificationRow,
  integration: IntegrationRow,
  { link, thread }: Content,
): Promise<void> {
  if (link && Date.parse(link.expiresAt) <= now()) {
    throw new HubError("conflict", "What it is about has expired.");
  }
  if (profile_id === null || thread !== undefined) return;
  if (await mayNotifyThrough(store.db, await calls.holdingsOf(profile_id), integration)) return;
  throw new HubError("not_granted", `The profile may not use ${integration.service}:${integration.label} any more.`);
}

/** Whether it comes back to the hub when somebody presses a button in an account. */
async function hearsPresses({ store, catalog }: DeliverParts, { id, service }: IntegrationRow): Promise<boolean> {
  const { inbound } = await catalog.connector(service);
  if (inbound?.edit === undefined) return false;
  if (inbound.poll) return true;
  const fields = [inbound.signature.secret, inbound.socket?.credential ?? inbound.signature.secret];
  const held = await store.db
    .selectFrom("credentials")
    .select("field")
    .where("integration_id", "=", id)
    .where("field", "in", fields)
    .executeTakeFirst();
  return held !== undefined;
}

/**
 * Whether a profile was granted an account in which what is sent can be read: that which sends it, or the mailbox that it goes
 * to. A link is for its owner's eyes, so there it is left out.
 */
async function isReadByAgents({ store, catalog }: DeliverParts, integration: IntegrationRow): Promise<boolean> {
  const { channel } = await catalog.connector(integration.service);
  if (channel?.send.isReadable !== true) return false;
  const granted = await store.db
    .selectFrom("integrations")
    .select(["id", "account_id"])
    .where("workspace_id", "=", integration.workspace_id)
    .where(({ eb, or }) => or([eb("id", "=", integration.id), eb("account_id", "like", "%@%")]))
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("grants")
          .select("profile_id")
          .whereRef("grants.integration_id", "=", "integrations.id")
          .where("grants.enabled", "=", 1),
      ),
    )
    .execute();
  const mailbox = readMailbox(channel.send.room?.(settingsOf(integration)));
  return granted.some(
    ({ id, account_id }) => id === integration.id || (mailbox !== undefined && readMailbox(account_id) === mailbox),
  );
}

/** A mailbox by one of the addresses that it may have: Ana.Lee+hub@example.com gets the mail of analee@example.com. */
function readMailbox(address: string | null | undefined): string | undefined {
  const [, name, host] = /([^@\s<]+)@([^@\s>]+)/.exec(address?.toLowerCase() ?? "") ?? [];
  return name && `${name.replace(/\+.*/, "").replaceAll(".", "")}@${host}`;
}
