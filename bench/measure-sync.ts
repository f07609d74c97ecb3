import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { median } from "./statistics.ts";

const TIMES = 200;
const BYTES = 16 * 1024;

/** How long the disk takes to keep what one commit of the ledger writes, in a file that does not grow. */
export function measureSyncMs(folder: string): number {
  const file = openSync(join(folder, "sync"), "w");
  const bytes = Buffer.alloc(BYTES, 1);
  writeSync(file, Buffer.alloc(BYTES * TIMES));
  fdatasyncSync(file);
  const timesMs = Array.from({ length: TIMES }, (_, index) => {
    writeSync(file, bytes, 0, BYTES, index * BYTES);
    const startedAt = performance.now();
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  return median(timesMs);
}
