import type { WebhookAnswer } from "../connector/inbound.ts";
import type { Page } from "../store/page.ts";
import type { RawWebhook } from "./check-signature.ts";
import type { Heard, Reading } from "./messages.ts";
import type { HearingParts } from "./hearing-parts.ts";
import { listen, type Listening, type ListenOptions } from "./listen.ts";
import { admitWebhook, receiveWebhook } from "./receive-webhook.ts";
import { waitForMessages } from "./wait-for-messages.ts";

/** What services tell the hub, and what people say to agents. */
export interface Inbound {
  /** Refuses webhooks for what takes none, before anything of them is read. */
  admit(integrationId: string): Promise<void>;
  /** Takes in a webhook, and gives its answer once it is stored. */
  receive(integrationId: string, webhook: RawWebhook): Promise<WebhookAnswer>;
  /** Listens to services that do not call. */
  listen(options?: ListenOptions): Listening;
  /** Reads messages, and waits for some where there are none. */
  wait(reading: Reading, waitMs: number, signal: AbortSignal): Promise<Page<Heard>>;
  /** Aborted when nobody should wait for messages any longer. */
  readonly stopping: AbortSignal;
  /** Lets everyone who waits for messages go. */
  stopWaiting(): void;
}

export function openInbound(parts: HearingParts): Inbound {
  const stop = new AbortController();
  return {
    admit: (integrationId) => admitWebhook(parts, integrationId),
    receive: (integrationId, webhook) => receiveWebhook(parts, integrationId, webhook),
    listen: (options) => listen(parts, options),
    wait: (reading, waitMs, signal) =>
      waitForMessages(parts.store, reading, waitMs, AbortSignal.any([stop.signal, signal])),
    stopping: stop.signal,
    stopWaiting: () => stop.abort(),
  };
}
