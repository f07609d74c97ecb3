import type { Transaction } from "kysely";
import { HubError } from "../errors.ts";
import type { Tables } from "../store/tables.ts";
import { type Accepted, enqueue, type EnqueueParts } from "./enqueue.ts";
import { forgetDelivered } from "./forget-delivered.ts";
import type { NewMessage } from "./notice.ts";
import { openWorker, type Worker, type WorkerParts } from "./run-worker.ts";

export type OutboxParts = EnqueueParts & WorkerParts;

/** Messages to people, from the moment that they are accepted until they are delivered or dead. */
export interface Outbox extends Pick<Worker, "start" | "drain"> {
  /** Looks for what is due now rather than a moment later; a command that is over in a moment tries it before its end. */
  wake(): void;
  /** Accepts a message in the transaction of its cause, so that both are kept or neither. */
  enqueue(db: Transaction<Tables>, message: NewMessage): Promise<Accepted>;
  /** Accepts a message that has no other cause, and has it sent at once. */
  accept(message: NewMessage): Promise<Accepted>;
  /** Tries what this process has accepted, unless others do, and gives back what takes too long. */
  close(): Promise<void>;
}

const FORGET_EVERY_MS = 60 * 60 * 1000;

export function openOutbox(parts: OutboxParts): Outbox {
  const worker = openWorker(parts);
  let hasAccepted = false;
  let forgetting: NodeJS.Timeout | undefined;

  function forget(): void {
    forgetDelivered(parts.store, parts.now()).catch((error: unknown) =>
      parts.onFault("What was delivered long ago could not be deleted.", error),
    );
  }

  return {
    wake() {
      hasAccepted = true;
      worker.wake();
    },
    start() {
      worker.start();
      forgetting = setInterval(forget, FORGET_EVERY_MS).unref();
    },
    drain: worker.drain,
    enqueue(db, message) {
      hasAccepted = true;
      return enqueue(parts, db, message);
    },
    async accept(message) {
      hasAccepted = true;
      const accepted = await parts.store.transaction((db) => enqueue(parts, db, message)).catch(refuse);
      worker.wake();
      return accepted;
    },
    async close() {
      // A command that is over in a moment has nobody else to send what it accepted.
      if (hasAccepted && !forgetting) await worker.drain();
      clearInterval(forgetting);
      await worker.stop();
    },
  };
}

/** Says that nothing was accepted. */
function refuse(cause: unknown): never {
  if (cause instanceof HubError) throw cause;
  throw new HubError("unavailable", "The message could not be stored, so it will not be sent.", {
    hint: "Check that the database answers and its disk has room, then try again.",
    cause,
  });
}
