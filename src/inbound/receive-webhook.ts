import { createHash } from "node:crypto";
import type { InboundEvent, WebhookAnswer } from "../connector/inbound.ts";
import { HubError } from "../errors.ts";
import type { CredentialsOf } from "../integrations/credentials.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { checkSignature, type Genuine, isForm, type RawWebhook } from "./check-signature.ts";
import { hearerOf } from "./read-update.ts";
import { type IntakeParts, takeIn, type Told } from "./take-in.ts";

export interface WebhookParts extends IntakeParts {
  readonly keptOf: CredentialsOf;
}

/** Refuses webhooks for what takes none, before anything of them is read. */
export async function admitWebhook({ store, catalog }: WebhookParts, integrationId: string): Promise<void> {
  const { service } = await findConnected(store, integrationId);
  const { inbound } = await catalog.connector(service);
  if (!inbound) throw noWebhooks(integrationId);
}

/** Takes in a webhook for an integration. It is answered only when what it tells is stored. */
export async function receiveWebhook(
  parts: WebhookParts,
  integrationId: string,
  webhook: RawWebhook,
): Promise<WebhookAnswer> {
  const integration = await findConnected(parts.store, integrationId);
  const { inbound } = await parts.catalog.connector(integration.service);
  if (!inbound) throw noWebhooks(integrationId);
  const { secret: field } = inbound.signature;
  const { [field]: secret } = await parts.keptOf(integration);
  if (secret === undefined) {
    throw new HubError("conflict", `This integration has no ${field}, by which webhooks are checked.`, {
      hint: `Add it: patchbay credentials add ${integrationId} --credential ${field}=…`,
    });
  }
  const genuine = checkSignature(inbound.signature, webhook, secret);
  const request = { headers: webhook.headers, body: parseBody(webhook) };
  const events = inbound.read(request, hearerOf(integration));
  if (events.length > 0) await takeIn(parts, integration, nameEvents(events, genuine, webhook.bytes));
  return inbound.answer?.(request) ?? { status: 200 };
}

/** By its id alone: a service that calls knows of no workspace. */
async function findConnected(store: Store, id: string): Promise<IntegrationRow> {
  const row = await store.db
    .selectFrom("integrations")
    .selectAll()
    .where("id", "=", id)
    .where("status", "!=", "disconnected")
    .executeTakeFirst();
  if (row) return row;
  throw noWebhooks(id);
}

function noWebhooks(id: string): HubError {
  return new HubError("not_found", `No webhooks are taken for ${id.slice(0, 64)}.`, {
    hint: "Send them to the address of an integration that is connected.",
  });
}

function parseBody({ bytes, headers }: RawWebhook): unknown {
  const text = Buffer.from(bytes).toString();
  if (isForm(headers)) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new HubError("invalid_input", "The webhook's body is not JSON.", {
      hint: "Let the service send JSON.",
      cause,
    });
  }
}

/**
 * An event is known by the service's id of it. An id that is not signed could be changed by whoever sends an old webhook
 * again, so there the exact bytes count, too.
 */
function nameEvents(events: readonly InboundEvent[], { id, isIdSigned }: Genuine, bytes: Uint8Array): Told[] {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return events.map((event, index) => {
    if (event.id !== undefined) return { event, names: [event.id] };
    const outer = id === undefined ? [digest] : isIdSigned ? [id] : [id, digest];
    return { event, names: outer.map((name) => (index === 0 ? name : `${name}#${index}`)) };
  });
}
