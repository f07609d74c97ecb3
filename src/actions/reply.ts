import type { Caller } from "../call/open-calls.ts";
import { HubError } from "../errors.ts";
import { findListener } from "../inbound/links.ts";
import { findMessage } from "../inbound/messages.ts";
import { findIntegration } from "../integrations/integrations.ts";
import type { Accepted } from "../notify/enqueue.ts";
import type { ActionContext } from "./action.ts";

export interface Reply {
  /** The message that is answered. */
  readonly to: string;
  readonly text: string;
}

/** Answers a message where it was said, as the profile that heard it. It is sent however often the hub stops. */
export async function replyTo(
  { store, catalog, calls, outbox }: Pick<ActionContext, "store" | "catalog" | "calls" | "outbox">,
  { workspaceId, profileId, actor }: Caller,
  { to, text }: Reply,
): Promise<Accepted> {
  const { profile } = await calls.holdingsOf(profileId);
  const heard = await findMessage(store.db, { workspaceId, profileId }, to);
  const integration = await findIntegration(store.db, workspaceId, heard.integration_id);
  const { name, channel } = await catalog.connector(integration.service);
  if (!channel) {
    throw new HubError("invalid_input", `${name} takes no replies by the hub.`, {
      hint: `Use the tools of ${integration.service}; the thread is ${heard.thread}.`,
    });
  }
  if ((await findListener(store.db, integration, { ...heard, isAddressed: true })) !== profileId) {
    throw new HubError("not_granted", `The profile ${profile.name} does not hear this conversation any more.`, {
      hint: "Ask the owner to link it again.",
    });
  }
  return outbox.accept({
    integration,
    speaker: { actor, profileId, name: profile.name },
    notice: { message: text, urgency: "normal", thread: heard.thread },
  });
}
