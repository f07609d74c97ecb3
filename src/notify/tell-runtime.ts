import type { Transaction } from "kysely";
import { HubError } from "../errors.ts";
import { findIntegration } from "../integrations/integrations.ts";
import type { Tables } from "../store/tables.ts";
import type { Outbox } from "./open-outbox.ts";

/** Tells the program that runs an agent that there is something for it, in the transaction that makes it so. */
export type TellRuntime = (
  db: Transaction<Tables>,
  to: { readonly workspaceId: string; readonly profileId: string },
  event: { readonly type: string; readonly data: Readonly<Record<string, unknown>> },
) => Promise<void>;

/** By the webhook account that the owner has set for the profile. */
export function openRuntimeNotices(outbox: Outbox): TellRuntime {
  return async (db, { workspaceId, profileId }, event) => {
    const profile = await db
      .selectFrom("profiles")
      .select(["name", "runtime_integration_id"])
      .where("workspace_id", "=", workspaceId)
      .where("id", "=", profileId)
      .executeTakeFirstOrThrow();
    if (profile.runtime_integration_id === null) return;
    try {
      const integration = await findIntegration(db, workspaceId, profile.runtime_integration_id);
      const notice = { message: `There is a message for ${profile.name}.`, urgency: "normal", event } as const;
      await outbox.enqueue(db, { integration, speaker: { actor: "hub", name: "Patchbay" }, notice });
    } catch (error) {
      // A webhook that is broken or gone keeps nobody from being heard: the agent can still read.
      if (!(error instanceof HubError)) throw error;
    }
  };
}
