/** Throws the reason of the signal once that aborts: work that does not listen to it is left behind. */
export async function untilAborted<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
