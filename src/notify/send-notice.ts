import type { Calls } from "../call/open-calls.ts";
import { parseInput } from "../call/parse-input.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Notification } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { IntegrationRow } from "../store/tables.ts";

export interface SendParts {
  readonly catalog: Catalog;
  readonly calls: Calls;
}

export type Notice = Pick<Notification, "message" | "title" | "urgency" | "link" | "thread">;

export interface Delivered {
  readonly delivery: string;
  /** The account it went through, e.g. `slack:int_…`. */
  readonly channel: string;
}

interface Speaker {
  readonly actor: string;
  /** Absent where the hub itself speaks. */
  readonly profileId?: string;
  /** As people are shown it. */
  readonly name: string;
}

/** Sends a notice through an account. Whether the speaker may is for the caller to know. */
export async function sendNotice(
  { catalog, calls }: SendParts,
  { actor, profileId, name }: Speaker,
  integration: IntegrationRow,
  notice: Notice,
  signal: AbortSignal,
): Promise<Delivered> {
  const connector = await catalog.connector(integration.service);
  if (!connector.channel) {
    throw new HubError("invalid_input", `${connector.name} can't carry notifications.`, {
      hint: `Use one of ${(await channelServices(catalog)).join(", ")}.`,
    });
  }
  const { operation, toInput } = connector.channel.send;
  const delivery = newId("delivery");
  const config = JSON.parse(integration.config) as Record<string, unknown>;
  const notification = { ...notice, deliveryId: delivery, createdAt: new Date().toISOString(), profile: name };
  const input = toInput(notification, config);
  const { input: schema } = await catalog.operation(integration.service, operation);

  await calls.perform({
    actor,
    ...(profileId !== undefined && { profileId }),
    integration,
    connector,
    operation,
    input: parseInput(`${integration.service}.${operation}`, schema, input),
    signal,
    idempotencyKey: delivery,
  });
  return { delivery, channel: `${integration.service}:${integration.id}` };
}

export function byAge(left: IntegrationRow, right: IntegrationRow): number {
  return left.created_at < right.created_at ? -1 : 1;
}

/** The services that can carry notifications. */
export async function channelServices(catalog: Catalog): Promise<string[]> {
  const connectors = await Promise.all(catalog.services.map((service) => catalog.connector(service)));
  return connectors.filter(({ channel }) => channel).map(({ id }) => id);
}
