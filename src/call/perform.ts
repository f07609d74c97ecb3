import type { Audit } from "../audit/open-audit.ts";
import type { Client } from "../connector/client.ts";
import type { Connector } from "../connector/connector.ts";
import { digest } from "../digest.ts";
import type { Egress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import { HubError } from "../errors.ts";
import type { Loan, OpenCredentials } from "../integrations/open-credentials.ts";
import { newId } from "../store/ids.ts";
import type { IntegrationRow } from "../store/tables.ts";

export interface PerformParts {
  readonly audit: Audit;
  readonly egress: Egress;
  readonly lend: OpenCredentials["lend"];
  /** Told when what happened could not be written down although it was allowed to happen. */
  readonly onFault: (message: string, error: unknown) => void;
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

/**
 * The second half of the road: intent on record, credential opened, service called, outcome on record.
 *
 * Nothing leaves the hub before the intent is on disk. The outcome is not waited for: were it lost in a crash, the
 * intent without an outcome says just that.
 */
export async function perform(parts: PerformParts, errand: Errand): Promise<unknown> {
  const { audit, egress, onFault } = parts;
  const { integration, operation } = errand;
  const call = newId("call");
  const subject = {
    workspaceId: integration.workspace_id,
    actor: errand.actor,
    ...(errand.profileId !== undefined && { profileId: errand.profileId }),
    integrationId: integration.id,
    operation: `${integration.service}.${operation}`,
  };
  const facts = { call, ...(errand.approval !== undefined && { approval: errand.approval }) };
  await audit.append({ ...subject, action: "call.intent", details: { ...facts, input: digest(errand.input) } });

  const startedAt = performance.now();
  const record = (details: Record<string, string | number | boolean>): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    audit
      .append({ ...subject, action: "call.outcome", details: { ...facts, durationMs, ...details } })
      .catch((error: unknown) => onFault(`The outcome of ${call} could not be recorded.`, error));
  };
  let loan: Loan | undefined;
  try {
    loan = await parts.lend(integration);
    const result = await runOperation(egress, {
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
    record({ status: "done", result: digest(result) });
    loan.succeed();
    return result;
  } catch (error) {
    const told = loan ? await loan.fail(error) : error;
    record({ status: "failed", code: told instanceof HubError ? told.code : "internal" });
    throw told;
  }
}
