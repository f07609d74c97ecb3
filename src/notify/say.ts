import { setTimeout } from "node:timers/promises";
import type { IntegrationRow } from "../store/tables.ts";
import { type SendParts, sendNotice } from "./send-notice.ts";

/** Says something in a thread as the hub itself. Nobody waits for it, and a failure is nobody's but the log's. */
export interface Speech {
  say(integration: IntegrationRow, thread: string, text: string): void;
  /** Waits a while for what is being sent. */
  settle(): Promise<void>;
}

const TIMEOUT_MS = 20_000;
const SETTLE_MS = 3_000;

export function openSpeech(parts: SendParts, onFault: (message: string, error: unknown) => void): Speech {
  const sending = new Set<Promise<unknown>>();
  return {
    say(integration, thread, text) {
      const notice = { message: text, urgency: "normal", thread } as const;
      const speaker = { actor: "hub", name: "Patchbay" };
      const sent: Promise<unknown> = sendNotice(parts, speaker, integration, notice, AbortSignal.timeout(TIMEOUT_MS))
        .catch((error: unknown) => onFault(`Someone at ${integration.service} could not be answered.`, error))
        .finally(() => sending.delete(sent));
      sending.add(sent);
    },
    async settle() {
      await Promise.race([Promise.all(sending), setTimeout(SETTLE_MS, undefined, { ref: false })]);
    },
  };
}
