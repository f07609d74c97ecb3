import type { Client } from "../connector/client.ts";
import type { Connector } from "../connector/connector.ts";
import { digest } from "../digest.ts";
import type { Egress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import { HubError } from "../errors.ts";
import type { Loan, OpenCredentials } from "../integrations/open-credentials.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { recordCall, type RecordParts } from "./record-call.ts";

export interface PerformParts extends RecordParts {
  readonly egress: Egress;
  readonly lend: OpenCredentials["lend"];
}

/** A call that has been allowed: who makes it, as which account, with parsed input. */
export interface Errand {
  readonly actor: string;
  /** Absent where the hub itself speaks to an owner. */
  readonly profileId?: string;
  readonly integration: IntegrationRow;
  readonly connector: Connector;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total?: number, message?: string) => void;
  readonly client?: Client;
  /** Where the same errand may be run again, what makes it the same; else each has its own. */
  readonly idempotencyKey?: string;
  /** The approval it was allowed by. */
  readonly approval?: string;
}

/** The second half of the road: intent on record, credential opened, service called, outcome on record. */
export async function perform(parts: PerformParts, errand: Errand): Promise<unknown> {
  const { integration, operation } = errand;
  const { call, recordOutcome } = await recordCall(parts, {
    ...errand,
    operation: `${integration.service}.${operation}`,
    facts: { input: digest(errand.input) },
  });
  let loan: Loan | undefined;
  try {
    loan = await parts.lend(integration);
    const result = await runOperation(parts.egress, {
      connector: errand.connector,
      operation,
      input: errand.input,
      ...(integration.base_url !== null && { baseUrl: integration.base_url }),
      credentials: loan.credentials,
      renew: loan.renew,
      config: JSON.parse(integration.config) as Record<string, unknown>,
      signal: errand.signal,
      idempotencyKey: errand.idempotencyKey ?? call,
      ...(errand.onProgress && { onProgress: errand.onProgress }),
      ...(errand.client && { client: errand.client }),
    });
    recordOutcome({ status: "done", result: digest(result) });
    loan.succeed();
    return result;
  } catch (error) {
    const told = loan ? await loan.fail(error) : error;
    recordOutcome({ status: "failed", code: told instanceof HubError ? told.code : "internal" });
    throw told;
  }
}
