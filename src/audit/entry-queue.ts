import { setImmediate } from "node:timers/promises";
import { HubError } from "../errors.ts";
import type { LooseEntry } from "./chain.ts";

/** Entries on their way to the disk, in the order in which they were added. Those of one moment share a commit. */
export interface EntryQueue {
  /** Resolves once the entry is on disk. */
  add(entry: LooseEntry): Promise<void>;
  /** `add` for what nobody waits for: it goes with the next entry that someone does, or some milliseconds later. */
  addLater(entry: LooseEntry): Promise<void>;
  /** Resolves once no entry waits. */
  flush(): Promise<void>;
  /** How many entries wait for their commit to begin. */
  waiting(): number;
}

interface Waiter {
  readonly entry: LooseEntry;
  readonly resolve: () => void;
  readonly reject: (error: HubError) => void;
}

const ENTRIES_PER_COMMIT = 256;

type Write = (entries: readonly LooseEntry[]) => Promise<void>;

export function openEntryQueue(write: Write, laterMs = 20): EntryQueue {
  const waiters: Waiter[] = [];
  let committing: Promise<void> | undefined;
  let later: NodeJS.Timeout | undefined;

  function enqueue(entry: LooseEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      waiters.push({ entry, resolve, reject });
    });
  }

  async function flush(): Promise<void> {
    clearTimeout(later);
    later = undefined;
    if (waiters.length > 0) committing ??= commitAll();
    await committing;
  }

  async function commitAll(): Promise<void> {
    while (waiters.length > 0) {
      await gather();
      await commit(waiters.splice(0, ENTRIES_PER_COMMIT), write);
    }
    committing = undefined;
  }

  /** A commit takes longer than a call's other work, so it waits while each turn of the event loop brings more entries. */
  async function gather(): Promise<void> {
    let gathered = 0;
    while (gathered < waiters.length && waiters.length < ENTRIES_PER_COMMIT) {
      gathered = waiters.length;
      await setImmediate();
    }
  }

  return {
    add(entry) {
      const kept = enqueue(entry);
      void flush();
      return kept;
    },
    addLater(entry) {
      later ??= setTimeout(() => void flush(), laterMs);
      return enqueue(entry);
    },
    flush,
    waiting: () => waiters.length,
  };
}

async function commit(
  batch: readonly Waiter[],
  write: (entries: readonly LooseEntry[]) => Promise<void>,
): Promise<void> {
  try {
    await write(batch.map(({ entry }) => entry));
    for (const { resolve } of batch) resolve();
  } catch (cause) {
    const error = new HubError("unavailable", "The audit log could not be written.", {
      hint: "Check that the database answers and its disk has room, then try again.",
      cause,
    });
    for (const { reject } of batch) reject(error);
  }
}
