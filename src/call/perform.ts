import type { Client } from "../connector/client.ts";
import type { Connector } from "../connector/connector.ts";
import { digest } from "../digest.ts";
import type { Egress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import { type Destination, serviceIn } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import { destinationOf, settingsOf } from "../integrations/integrations.ts";
import type { OpenCredentials } from "../integrations/open-credentials.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { recordCall, type RecordParts } from "./record-call.ts";
import { simulate } from "./simulate.ts";

export interface PerformParts extends RecordParts {
  readonly store: Store;
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

/** What a call came to. */
export interface Performed {
  readonly data: unknown;
  /** Set where nothing was sent and the answer is made up: in the test world, of a service without a sandbox. */
  readonly simulated?: true;
}

/** The second half of the road: intent on record, credential opened, service called, outcome on record. */
export async function perform(parts: PerformParts, errand: Errand): Promise<Performed> {
  const { integration, connector, operation } = errand;
  const destination = await destinationOf(parts.store, integration);
  const mark = serviceIn(destination, connector) ? {} : { simulated: true as const };
  const { call, recordOutcome } = await recordCall(parts, {
    ...errand,
    operation: `${integration.service}.${operation}`,
    facts: { input: digest(errand.input), ...mark },
  });
  try {
    const data = await (mark.simulated ? simulate(errand) : send(parts, errand, destination, call));
    recordOutcome({ status: "done", result: digest(data), ...mark });
    return { data, ...mark };
  } catch (error) {
    recordOutcome({ status: "failed", code: error instanceof HubError ? error.code : "internal", ...mark });
    throw error;
  }
}

async function send(parts: PerformParts, errand: Errand, destination: Destination, call: string): Promise<unknown> {
  const { integration, connector, operation, input, signal, idempotencyKey = call } = errand;
  const loan = await parts.lend(integration);
  try {
    const result = await runOperation(parts.egress, {
      ...destination,
      connector,
      operation,
      input,
      credentials: loan.credentials,
      renew: loan.renew,
      config: settingsOf(integration),
      signal,
      idempotencyKey,
      ...(errand.onProgress && { onProgress: errand.onProgress }),
      ...(errand.client && { client: errand.client }),
    });
    loan.succeed();
    return result;
  } catch (error) {
    throw await loan.fail(error, connector.operations[operation]?.scopes);
  }
}
