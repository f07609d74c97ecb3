import type { Holdings } from "../access/grants.ts";
import type { Calls, Caller } from "../call/open-calls.ts";
import { parseInput } from "../call/parse-input.ts";
import { isOn } from "../call/surface.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Notification } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import { newId } from "../store/ids.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { readWorkspaceChannels } from "./workspace-channels.ts";

export interface NotifyParts {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly calls: Calls;
}

export interface Notice extends Pick<Notification, "message" | "title" | "urgency"> {
  /** `slack`, or one account: `telegram:int_…`; the profile's or the workspace's default when absent. */
  readonly channel?: string;
}

export interface Delivered {
  readonly delivery: string;
  /** The account it went through, e.g. `slack:int_…`. */
  readonly channel: string;
}

/** Sends a person a message through a channel that the owner set up for it. */
export async function notifyUser(
  { store, catalog, calls }: NotifyParts,
  caller: Caller,
  notice: Notice,
  signal: AbortSignal,
): Promise<Delivered> {
  const holdings = await calls.holdingsOf(caller.profileId);
  const integration = await chooseChannel(store, catalog, holdings, notice.channel);
  const connector = await catalog.connector(integration.service);
  if (!connector.channel) {
    throw new HubError("invalid_input", `${connector.name} can't carry notifications.`, {
      hint: `Use one of ${(await channelServices(catalog)).join(", ")}.`,
    });
  }
  const { operation, toInput } = connector.channel.send;
  const { channel: _, ...said } = notice;
  const delivery = newId("delivery");
  const config = JSON.parse(integration.config) as Record<string, unknown>;
  const notification = {
    ...said,
    deliveryId: delivery,
    createdAt: new Date().toISOString(),
    profile: holdings.profile.name,
  };
  const input = toInput(notification, config);
  const { input: schema } = await catalog.operation(integration.service, operation);

  await calls.perform({
    actor: caller.actor,
    profileId: caller.profileId,
    integration,
    connector,
    operation,
    input: parseInput(`${integration.service}.${operation}`, schema, input),
    signal,
    idempotencyKey: delivery,
  });
  return { delivery, channel: `${integration.service}:${integration.id}` };
}

/**
 * The integration that a channel means to a profile.
 *
 * What an owner named for notifications may be used without a grant; any other account only with one.
 */
async function chooseChannel(
  store: Store,
  catalog: Catalog,
  holdings: Holdings,
  asked: string | undefined,
): Promise<IntegrationRow> {
  const { profile } = holdings;
  const integrations = await listIntegrations(store.db, profile.workspace_id);
  const named = [
    ...(JSON.parse(profile.notification_channels) as string[]),
    ...(await readWorkspaceChannels(store.db, profile.workspace_id)),
  ];
  const channel = asked ?? named[0] ?? (await firstChannel(catalog, integrations));
  if (channel === undefined) {
    throw new HubError("not_found", "No notification channel is set up.", {
      hint: "Ask the owner to connect one, e.g. slack or telegram.",
    });
  }
  const [service = "", id] = channel.split(":");
  const defaults = defaultsOf(service, named, integrations);
  const chosen = id === undefined ? defaults[0] : integrations.find((row) => row.id === id && row.service === service);
  if (!chosen) throw await noSuchChannel(catalog, channel);

  const isGranted = holdings.grants.some((granted) => granted.integration.id === chosen.id && isOn(granted));
  if (isGranted || defaults.some((row) => row.id === chosen.id)) return chosen;
  throw new HubError("not_granted", `The profile ${profile.name} has not been granted the channel ${channel}.`, {
    hint: `Use ${service} without an id, or ask the owner for it.`,
  });
}

/** The accounts of a service that were named for notifications; where none was, the one connected first. */
function defaultsOf(
  service: string,
  named: readonly string[],
  integrations: readonly IntegrationRow[],
): readonly IntegrationRow[] {
  const ofService = integrations.filter((row) => row.service === service);
  const chosen = named.flatMap((name) => ofService.filter((row) => name === `${service}:${row.id}`));
  return chosen.length > 0 ? chosen : ofService.toSorted(byAge).slice(0, 1);
}

async function firstChannel(catalog: Catalog, integrations: readonly IntegrationRow[]): Promise<string | undefined> {
  const services = await channelServices(catalog);
  return integrations.filter((row) => services.includes(row.service)).toSorted(byAge)[0]?.service;
}

function byAge(left: IntegrationRow, right: IntegrationRow): number {
  return left.created_at < right.created_at ? -1 : 1;
}

async function noSuchChannel(catalog: Catalog, channel: string): Promise<HubError> {
  const services = await channelServices(catalog);
  return new HubError("not_found", `There is no connected channel ${channel}.`, {
    hint: `Channels are ${services.join(", ")}; ask the owner to connect one.`,
  });
}

async function channelServices(catalog: Catalog): Promise<string[]> {
  const connectors = await Promise.all(catalog.services.map((service) => catalog.connector(service)));
  return connectors.filter(({ channel }) => channel).map(({ id }) => id);
}
