import type { Calls } from "../call/open-calls.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { IntegrationRow } from "../store/tables.ts";

interface PairingParts {
  readonly catalog: Catalog;
  readonly calls: Calls;
}

const TIMEOUT_MS = 5_000;

/** An address that sends a bot a code by one tap; null where the service has none, or does not say who the bot is. */
export async function findPairingUrl(
  { catalog, calls }: PairingParts,
  integration: IntegrationRow,
  code: string,
): Promise<string | null> {
  const connector = await catalog.connector(integration.service);
  const pairing = connector.inbound?.pairing;
  if (!pairing) return null;
  const answer = await calls
    .perform({
      actor: "hub",
      integration,
      connector,
      operation: pairing.operation,
      input: {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    // The code does without, and what failed is on record.
    .catch(() => undefined);
  // A bot that was made up has no address.
  return (answer?.simulated ? undefined : pairing.url(answer?.data, code)) ?? null;
}
