import type { Audit } from "../audit/open-audit.ts";
import { newId } from "../store/ids.ts";
import type { IntegrationRow } from "../store/tables.ts";

export interface RecordParts {
  readonly audit: Audit;
  /** Told when what happened could not be written down although it was allowed to happen. */
  readonly onFault: (message: string, error: unknown) => void;
}

type Facts = Readonly<Record<string, string | number | boolean>>;

interface RecordedCall {
  readonly actor: string;
  /** Absent where the hub itself speaks to an owner. */
  readonly profileId?: string;
  readonly integration: IntegrationRow;
  /** As the ledger names it, e.g. `github.create_issue`. */
  readonly operation: string;
  /** The approval it was allowed by. */
  readonly approval?: string;
  readonly facts: Facts;
}

export interface Recorded {
  /** The call's id. */
  readonly call: string;
  recordOutcome(facts: Facts): void;
}

/**
 * Puts a call on record, and resolves once that is on disk: nothing leaves the hub before.
 *
 * The outcome is not waited for: were it lost in a crash, the intent without an outcome says just that.
 */
export async function recordCall({ audit, onFault }: RecordParts, recorded: RecordedCall): Promise<Recorded> {
  const { actor, profileId, integration, operation, approval, facts } = recorded;
  const call = newId("call");
  const subject = {
    workspaceId: integration.workspace_id,
    actor,
    ...(profileId !== undefined && { profileId }),
    integrationId: integration.id,
    operation,
  };
  const common = { call, ...(approval !== undefined && { approval }) };
  await audit.append({ ...subject, action: "call.intent", details: { ...common, ...facts } });

  const startedAt = performance.now();
  return {
    call,
    recordOutcome(outcome) {
      const durationMs = Math.round(performance.now() - startedAt);
      audit
        .appendLater({ ...subject, action: "call.outcome", details: { ...common, durationMs, ...outcome } })
        .catch((error: unknown) => onFault(`The outcome of ${call} could not be recorded.`, error));
    },
  };
}
