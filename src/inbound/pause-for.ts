import { setTimeout } from "node:timers/promises";

/** Waits, and no longer when it is told to stop. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
