import type { Holdings } from "../access/grants.ts";
import { isOn } from "../call/surface.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { HubError } from "../errors.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import type { Db } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { readWorkspaceChannels } from "./workspace-channels.ts";

/**
 * The account that a channel means to a profile: `slack`, or `telegram:int_…`; its default when absent.
 *
 * What an owner named for notifications may be used without a grant; any other account only with one.
 */
export async function chooseForProfile(
  db: Db,
  catalog: Catalog,
  holdings: Holdings,
  asked: string | undefined,
): Promise<IntegrationRow> {
  const { profile } = holdings;
  const { named, integrations } = await readChannels(db, holdings);
  const channel = asked ?? named[0] ?? (await carriers(catalog, integrations))[0]?.service;
  if (channel === undefined) {
    throw new HubError("not_found", "No notification channel is set up.", {
      hint: "Ask the owner to connect one, e.g. slack or telegram.",
    });
  }
  const [service = "", id] = channel.split(":");
  const defaults = defaultsOf(service, named, integrations);
  const working = defaults.find(({ status }) => status !== "error") ?? defaults[0];
  const chosen = id === undefined ? working : integrations.find((row) => row.id === id && row.service === service);
  if (!chosen) throw await noSuchChannel(catalog, channel);
  if (mayUse(holdings, defaults, chosen)) return chosen;
  throw new HubError("not_granted", `The profile ${profile.name} has not been granted the channel ${channel}.`, {
    hint: `Use ${service} without an id, or ask the owner for it.`,
  });
}

/** Whether a profile may still send notifications through an account. */
export async function mayNotifyThrough(db: Db, holdings: Holdings, integration: IntegrationRow): Promise<boolean> {
  const { named, integrations } = await readChannels(db, holdings);
  return mayUse(holdings, defaultsOf(integration.service, named, integrations), integration);
}

async function readChannels(db: Db, { profile }: Holdings) {
  const integrations = await listIntegrations(db, profile.workspace_id);
  const own = JSON.parse(profile.notification_channels) as string[];
  return { integrations, named: [...own, ...(await readWorkspaceChannels(db, profile.workspace_id))] };
}

function mayUse({ grants }: Holdings, defaults: readonly IntegrationRow[], { id }: IntegrationRow): boolean {
  return (
    defaults.some((row) => row.id === id) || grants.some((granted) => granted.integration.id === id && isOn(granted))
  );
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

/** The workspace, and the integration where it is about one, which then can't carry it. */
export type About = Pick<IntegrationRow, "workspace_id"> & { readonly id?: string };

/**
 * The accounts through which a workspace's owner can be told, the best first: those that the owner named for notifications,
 * then the one connected first.
 */
export async function channelsOfOwner(db: Db, catalog: Catalog, about: About): Promise<IntegrationRow[]> {
  const integrations = await listIntegrations(db, about.workspace_id);
  const working = integrations.filter(({ id, status }) => id !== about.id && status === "active");
  const usable = await carriers(catalog, working);
  const named = await readWorkspaceChannels(db, about.workspace_id);
  const chosen = named.flatMap((name) =>
    usable.filter(({ id, service }) => [service, `${service}:${id}`].includes(name)),
  );
  return [...new Set([...chosen, ...usable])];
}

/** Those that can carry notifications, the one connected first before the others. */
async function carriers(catalog: Catalog, integrations: readonly IntegrationRow[]): Promise<IntegrationRow[]> {
  const services = catalog.services.filter((service) => integrations.some((row) => row.service === service));
  const able = await channelServices(catalog, services);
  return integrations.filter(({ service }) => able.includes(service)).toSorted(byAge);
}

function byAge(left: IntegrationRow, right: IntegrationRow): number {
  return left.created_at < right.created_at ? -1 : 1;
}

/** The services that can carry notifications. Loads every connector that it is asked about. */
export async function channelServices(catalog: Catalog, services = catalog.services): Promise<string[]> {
  const connectors = await Promise.all(services.map((service) => catalog.connector(service)));
  return connectors.filter(({ channel }) => channel).map(({ id }) => id);
}

/** Refuses channels by which nobody could ever be told: of a service that carries no notifications, or of no account. */
export async function checkChannels(
  db: Db,
  catalog: Catalog,
  workspaceId: string,
  channels: readonly string[],
): Promise<void> {
  const able = await channelServices(catalog);
  const integrations = await listIntegrations(db, workspaceId);
  for (const channel of channels) {
    const [service = "", id] = channel.split(":");
    const isThere = id === undefined || integrations.some((row) => row.id === id && row.service === service);
    if (able.includes(service) && isThere) continue;
    throw new HubError("invalid_input", `No notification can go to ${channel}.`, {
      hint: able.includes(service) ? `There is no account ${id} of ${service}.` : `Channels are ${able.join(", ")}.`,
    });
  }
}

async function noSuchChannel(catalog: Catalog, channel: string): Promise<HubError> {
  return new HubError("not_found", `There is no connected channel ${channel}.`, {
    hint: `Channels are ${(await channelServices(catalog)).join(", ")}; ask the owner to connect one.`,
  });
}
