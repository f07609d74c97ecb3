import { listIntegrations } from "../integrations/integrations.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { byAge, channelServices, type Delivered, type Notice, type SendParts, sendNotice } from "./send-notice.ts";
import { readWorkspaceChannels } from "./workspace-channels.ts";

export interface OwnerParts extends SendParts {
  readonly store: Store;
}

const TIMEOUT_MS = 20_000;

/** The workspace, and the integration where it is about one, which then can't carry it. */
type About = Pick<IntegrationRow, "workspace_id"> & { readonly id?: string };

/**
 * Tells a workspace's owner something, through the first of its channels that works: one that the owner named for
 * notifications, else the one connected first. Undefined where there is none.
 */
export async function notifyOwner(parts: OwnerParts, about: About, notice: Notice): Promise<Delivered | undefined> {
  const channel = await chooseChannel(parts, about);
  if (!channel) return undefined;
  return sendNotice(parts, { actor: "hub", name: "Patchbay" }, channel, notice, AbortSignal.timeout(TIMEOUT_MS));
}

async function chooseChannel({ store, catalog }: OwnerParts, about: About) {
  const services = await channelServices(catalog);
  const integrations = await listIntegrations(store.db, about.workspace_id);
  const usable = integrations
    .filter(({ id, service, status }) => id !== about.id && status === "active" && services.includes(service))
    .toSorted(byAge);
  const named = await readWorkspaceChannels(store.db, about.workspace_id);
  const chosen = named.flatMap((name) =>
    usable.filter(({ id, service }) => [service, `${service}:${id}`].includes(name)),
  );
  return chosen[0] ?? usable[0];
}
