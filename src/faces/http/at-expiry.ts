import type { Principal } from "../../access/principal.ts";

/** A timer counts no further: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back at the moment when a key expires, if it does, until the returned function gives it up. */
export function atExpiry({ expiresAt }: Pick<Principal, "expiresAt">, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (moment: number): void => {
    const left = moment - Date.now();
    timer = left > LONGEST_MS ? setTimeout(wait, LONGEST_MS, moment) : setTimeout(end, Math.max(0, left));
    timer.unref();
  };
  if (expiresAt !== undefined) wait(Date.parse(expiresAt));
  return () => clearTimeout(timer);
}
