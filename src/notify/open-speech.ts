import type { Transaction } from "kysely";
import { HubError } from "../errors.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import type { Outbox } from "./open-outbox.ts";

/** Says something in a thread as the hub itself, in the transaction of its cause. */
export type Say = (db: Transaction<Tables>, integration: IntegrationRow, thread: string, text: string) => Promise<void>;

export function openSpeech(outbox: Outbox): Say {
  return async (db, integration, thread, text) => {
    const notice = { message: text, urgency: "normal", thread } as const;
    try {
      await outbox.enqueue(db, { integration, speaker: { actor: "hub", name: "Patchbay" }, notice });
    } catch (error) {
      // Whom the account can't answer is heard all the same.
      if (!(error instanceof HubError)) throw error;
    }
  };
}
