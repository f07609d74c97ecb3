import { close, fdatasync, open } from "node:fs";
import { promisify } from "node:util";

/** Puts on disk what was written to a file, beside the event loop. */
export interface LogSync {
  /** Resolves once everything that was written before the call is on disk. One sync serves all who wait for it to begin. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Replaced where a disk is to fail. */
export type SyncFile = (file: number) => Promise<void>;

/**
 * Syncs the file at this path, which must be there once `settle` is called.
 *
 * After a sync that failed nothing is known of what the file holds, and a later one may wrongly succeed: Linux drops what
 * it could not write. So each `settle` from then on throws the first error.
 */
export function openLogSync(path: string, sync: SyncFile = promisify(fdatasync)): LogSync {
  let file: Promise<number> | undefined;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  async function syncAfter(before: Promise<void>): Promise<void> {
    await before;
    next = undefined;
    // Writable, since Windows syncs no other.
    file ??= promisify(open)(path, "r+");
    await sync(await file);
  }

  return {
    settle() {
      if (!next) {
        next = syncAfter(running);
        running = next;
      }
      return next;
    },
    async close() {
      await running.catch(() => {});
      if (file) await promisify(close)(await file);
    },
  };
}
