import type { Transaction } from "kysely";
import { decideApproval } from "../access/approvals.ts";
import type { DecisionLinks } from "../access/decision-links.ts";
import type { Ledger } from "../access/grants.ts";
import type { Calls } from "../call/open-calls.ts";
import { parseInput } from "../call/parse-input.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Press } from "../connector/inbound.ts";
import { HubError } from "../errors.ts";
import { settingsOf } from "../integrations/integrations.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";

export interface ButtonParts extends Ledger {
  readonly catalog: Catalog;
  readonly calls: Calls;
  readonly links: DecisionLinks;
  readonly onFault: (message: string, error: unknown) => void;
}

const TIMEOUT_MS = 20_000;

/**
 * Decides what a button of the hub's is about, as part of a transaction, and gives what its message is to say then: nothing
 * where it was pressed elsewhere than where owners are told. Undefined for all other buttons.
 */
export async function decideByButton(
  { catalog, links, audit }: ButtonParts,
  db: Transaction<Tables>,
  integration: IntegrationRow,
  press: Press,
): Promise<{ readonly outcome?: string } | undefined> {
  const meant = links.readButton(press.data, integration.id);
  if (!meant) return undefined;
  const { channel } = await catalog.connector(integration.service);
  const room = channel?.send.room?.(settingsOf(integration));
  // A person's own id is a room, too, where Slack is to send them direct messages.
  if (room === undefined || ![...press.rooms, press.person.id].includes(room)) return {};

  const { approval, verdict } = meant;
  const { workspace_id: workspaceId, service } = integration;
  try {
    const row = await decideApproval(db, workspaceId, approval, verdict);
    await audit.appendIn(db, {
      workspaceId,
      actor: `${service}:${press.person.id}`,
      action: verdict === "approved" ? "approval.approve" : "approval.deny",
      profileId: row.profile_id,
      integrationId: row.integration_id,
      operation: row.operation,
      details: { approval },
    });
    return { outcome: `${verdict === "approved" ? "Approved" : "Denied"} by ${press.person.name ?? press.person.id}.` };
  } catch (error) {
    // It was decided elsewhere, or too late: whoever pressed is told.
    if (error instanceof HubError) return { outcome: error.message };
    throw error;
  }
}

/** Puts the outcome below a message's text, in the place of its buttons. Nobody waits for it. */
export function showOutcome(
  { catalog, calls, onFault }: ButtonParts,
  integration: IntegrationRow,
  { text, message }: Press,
  outcome: string,
): void {
  const show = async (): Promise<void> => {
    const connector = await catalog.connector(integration.service);
    const operation = connector.inbound?.edit ?? "";
    const { input: schema } = await catalog.operation(integration.service, operation);
    await calls.perform({
      actor: "hub",
      integration,
      connector,
      operation,
      input: parseInput(`${integration.service}.${operation}`, schema, { ...message, text: `${text}\n\n${outcome}` }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  };
  show().catch((error: unknown) => onFault("The outcome of a decision was not shown.", error));
}
