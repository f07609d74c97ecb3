import type { Account } from "../connector/connector.ts";
import type { Egress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import { serviceIn } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Candidate } from "./credentials.ts";

const TIMEOUT_MS = 20_000;

/**
 * Asks the service whose credential this is; the service's refusal is thrown. Where calls are simulated, so is the account:
 * it is nobody's.
 */
export async function verifyAccount(egress: Egress, candidate: Candidate): Promise<Account | undefined> {
  const { connector, config } = candidate;
  if (!serviceIn(candidate, connector)) return { id: "simulated", label: `${connector.name} (simulated)` };
  if (!connector.verify) return undefined;
  const { verify } = connector;
  try {
    const answer = await runOperation(egress, {
      ...candidate,
      operation: verify.operation,
      input: {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
      idempotencyKey: newId("call"),
    });
    return verify.account(answer, config);
  } catch (error) {
    const account = error instanceof HubError ? verify.accountOfRefusal?.(error, config) : undefined;
    if (account) return account;
    throw error;
  }
}
