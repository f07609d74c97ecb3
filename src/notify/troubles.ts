import { HubError } from "../errors.ts";

/** The accounts that took nothing the last time, as this process knows them: they shall keep no others waiting. */
export interface Troubles {
  note(integrationId: string, error: unknown): void;
  end(integrationId: string): void;
  /** How many more may be sent at once, and which accounts are to be left out, while these are being sent through. */
  limit(free: number, sending: readonly string[]): { readonly limit: number; readonly skip: readonly string[] };
}

/** So many at once: what hangs leaves room for what works. */
const AT_ONCE = 4;
/** An account that asks to be left alone is, but no longer. The message itself waits for as long as it asks. */
const LONGEST_REST_MS = 60_000;

export function openTroubles(now: () => number): Troubles {
  /** By integration, and until when it is left alone. */
  const known = new Map<string, number>();
  return {
    note(id, error) {
      const asked = error instanceof HubError ? error.details["retryAfterMs"] : undefined;
      known.set(id, now() + (typeof asked === "number" ? Math.min(asked, LONGEST_REST_MS) : 0));
    },
    end: (id) => void known.delete(id),
    limit(free, sending) {
      const left = AT_ONCE - sending.filter((id) => known.has(id)).length;
      if (left <= 0) return { limit: free, skip: [...known.keys()] };
      const resting = [...known].filter(([, until]) => until > now()).map(([id]) => id);
      return { limit: Math.min(free, left), skip: resting };
    },
  };
}
