import type { Caller, Calls } from "../call/open-calls.ts";
import type { Performed } from "../call/perform.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { serviceIn } from "../egress/sandbox.ts";
import { destinationOf } from "../integrations/integrations.ts";
import type { Store } from "../store/open.ts";
import { chooseForProfile } from "./choose-channel.ts";
import type { Accepted } from "./enqueue.ts";
import type { Notice } from "./notice.ts";
import type { Outbox } from "./open-outbox.ts";

interface NotifyParts {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly calls: Calls;
  readonly outbox: Outbox;
}

export interface UserNotice extends Pick<Notice, "message" | "title" | "urgency"> {
  /** `slack`, or one account: `telegram:int_…`; the profile's or the workspace's default when absent. */
  readonly channel?: string;
  /** What is said again under it within a day is not said twice. */
  readonly dedupe_key?: string;
}

/** Accepts a message to a person, through a channel that the owner set up for it. */
export async function notifyUser(
  { store, catalog, calls, outbox }: NotifyParts,
  { actor, profileId }: Caller,
  { channel, dedupe_key: dedupeKey, ...notice }: UserNotice,
): Promise<Accepted & Pick<Performed, "simulated">> {
  const holdings = await calls.holdingsOf(profileId);
  const integration = await chooseForProfile(store.db, catalog, holdings, channel);
  const accepted = await outbox.accept({
    integration,
    speaker: { actor, profileId, name: holdings.profile.name },
    notice,
    ...(dedupeKey !== undefined && { dedupeKey }),
  });
  const isSent = serviceIn(await destinationOf(store, integration), await catalog.connector(integration.service));
  return isSent ? accepted : { ...accepted, simulated: true };
}
