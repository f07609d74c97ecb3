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
 *
 * The link is for the owner's eyes, so it is left out where an agent could read it.
 */
export async function notifyOwner(parts: OwnerParts, about: About, notice: Notice): Promise<Delivered | undefined> {
  const channel = await chooseChannel(parts, about);
  if (!channel) return undefined;
  const { link: _, ...withoutLink } = notice;
  const told = (await isReadByAgents(parts, channel)) ? withoutLink : notice;
  return sendNotice(parts, { actor: "hub", name: "Patchbay" }, channel, told, AbortSignal.timeout(TIMEOUT_MS));
}

/** Whether a profile was granted an account in which what is sent can be read. */
async function isReadByAgents({ store, catalog }: OwnerParts, { id, workspace_id, service }: IntegrationRow) {
  const { channel } = await catalog.connector(service);
  if (channel?.send.isReadable !== true) return false;
  const grant = await store.db
    .selectFrom("grants")
    .select("profile_id")
    .where("workspace_id", "=", workspace_id)
    .where("integration_id", "=", id)
    .where("enabled", "=", 1)
    .executeTakeFirst();
  return grant !== undefined;
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
