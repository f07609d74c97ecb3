import type { IntegrationRow } from "../store/tables.ts";
import type { Outbox } from "./open-outbox.ts";

/** Says something in a thread as the hub itself. Nobody waits for it, and a failure is nobody's but the log's. */
export type Say = (integration: IntegrationRow, thread: string, text: string) => void;

export function openSpeech(outbox: Outbox, onFault: (message: string, error: unknown) => void): Say {
  return (integration, thread, text) => {
    const notice = { message: text, urgency: "normal", thread } as const;
    outbox
      .accept({ integration, speaker: { actor: "hub", name: "Patchbay" }, notice })
      .catch((error: unknown) => onFault(`Someone at ${integration.service} could not be answered.`, error));
  };
}
