import type { Holdings } from "../access/grants.ts";
import type { Caller } from "../call/open-calls.ts";
import { isOn } from "../call/surface.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { HubError } from "../errors.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { byAge, channelServices, type Delivered, type Notice, type SendParts, sendNotice } from "./send-notice.ts";
import { readWorkspaceChannels } from "./workspace-channels.ts";

interface NotifyParts extends SendParts {
  readonly store: Store;
}

export interface UserNotice extends Notice {
  /** `slack`, or one account: `telegram:int_…`; the profile's or the workspace's default when absent. */
  readonly channel?: string;
}

/** Sends a person a message through a channel that the owner set up for it. */
export async function notifyUser(
  { store, catalog, calls }: NotifyParts,
  caller: Caller,
  notice: UserNotice,
  signal: AbortSignal,
): Promise<Delivered> {
  const holdings = await calls.holdingsOf(caller.profileId);
  const integration = await chooseChannel(store, catalog, holdings, notice.channel);
  const { channel: _, ...said } = notice;
  const { actor, profileId } = caller;
  const speaker = { actor, profileId, name: holdings.profile.name };
  return sendNotice({ catalog, calls }, speaker, integration, said, signal);
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

async function noSuchChannel(catalog: Catalog, channel: string): Promise<HubError> {
  const services = await channelServices(catalog);
  return new HubError("not_found", `There is no connected channel ${channel}.`, {
    hint: `Channels are ${services.join(", ")}; ask the owner to connect one.`,
  });
}
