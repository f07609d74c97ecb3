import type { Transaction } from "kysely";
import type { Catalog } from "../catalog/open-catalog.ts";
import { HubError } from "../errors.ts";
import type { Tables } from "../store/tables.ts";
import { type About, channelsOfOwner } from "./choose-channel.ts";
import type { Accepted } from "./enqueue.ts";
import type { Notice } from "./notice.ts";
import type { Outbox } from "./open-outbox.ts";

export interface OwnerParts {
  readonly catalog: Catalog;
  readonly outbox: Outbox;
}

const HUB = { actor: "hub", name: "Patchbay" };

/**
 * Has a workspace's owner told something, in the transaction of its cause, through the first channel that can carry it.
 * Undefined where there is none.
 */
export async function notifyOwner(
  { catalog, outbox }: OwnerParts,
  db: Transaction<Tables>,
  about: About,
  notice: Notice,
): Promise<Accepted | undefined> {
  for (const integration of await channelsOfOwner(db, catalog, about)) {
    try {
      return await outbox.enqueue(db, { integration, speaker: HUB, notice });
    } catch (error) {
      // Its settings name no one to send to; another channel's may.
      if (!(error instanceof HubError && error.code === "invalid_input")) throw error;
    }
  }
  return undefined;
}
