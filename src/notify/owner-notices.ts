import type { Transaction } from "kysely";
import { operationsOf } from "../access/requests.ts";
import { showArguments, showText } from "../access/show-arguments.ts";
import type { PendingApproval } from "../call/seek-permit.ts";
import { cutText } from "../connector/cut-text.ts";
import { connectCommand } from "../integrations/credentials.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import { reconnectCommand } from "../integrations/report-broken.ts";
import type { Db } from "../store/open.ts";
import type { IntegrationRow, RequestRow, Tables } from "../store/tables.ts";
import type { Notice } from "./notice.ts";
import { notifyOwner, type OwnerParts } from "./notify-owner.ts";

/** Tells owners what waits for them and what is broken, each in the transaction that makes it so. */
export interface OwnerNotices {
  ofApproval(db: Transaction<Tables>, pending: PendingApproval): Promise<void>;
  /** `profile` is the name of who asks. */
  ofRequest(db: Transaction<Tables>, request: RequestRow, profile: string): Promise<void>;
  ofBroken(db: Transaction<Tables>, integration: IntegrationRow, reason: string): Promise<void>;
}

const PREVIEW_LIMIT = 1_500;
const LINK_MS = 7 * 24 * 60 * 60 * 1000;
const LABEL = "Review and decide";

export function openOwnerNotices(parts: OwnerParts): OwnerNotices {
  return {
    async ofApproval(db, pending) {
      await notifyOwner(parts, db, { workspace_id: pending.workspaceId }, describeApproval(pending));
    },
    async ofRequest(db, request, profile) {
      await notifyOwner(
        parts,
        db,
        { workspace_id: request.workspace_id },
        {
          ...(await describeRequest(parts, db, request, profile)),
          link: { label: LABEL, kind: "requests", id: request.id, expiresAt: inAWeek() },
        },
      );
    },
    async ofBroken(db, integration, reason) {
      const { id, service, label } = integration;
      const command = await reconnectCommand(db, await parts.catalog.connector(service), integration);
      await notifyOwner(parts, db, integration, {
        message: `${service}:${label} must be reconnected. ${reason}\n\nBy command: ${command}.`,
        urgency: "high",
        link: { label: "Reconnect", kind: "integrations", id, expiresAt: inAWeek() },
      });
    },
  };
}

function inAWeek(): string {
  return new Date(Date.now() + LINK_MS).toISOString();
}

function describeApproval({
  approval,
  profile,
  operation,
  account,
  argumentsPreview,
  expiresAt,
}: PendingApproval): Notice {
  const { text, isWhole } = showArguments(argumentsPreview);
  const isToldWhole = isWhole && text.length <= PREVIEW_LIMIT;
  const rest = `This is not all that it would send. See the rest before you decide: patchbay approvals inspect ${approval}.`;
  return {
    title: `${profile} wants to run ${operation}`,
    message: [
      `As ${account.label} (${account.service}), with ${cutText(text, PREVIEW_LIMIT)}`,
      ...(isToldWhole ? [] : [rest]),
      `By command: patchbay approvals approve ${approval}, or deny.`,
    ].join("\n\n"),
    urgency: "high",
    link: { label: LABEL, kind: "approvals", id: approval, expiresAt, isToldWhole },
  };
}

async function describeRequest({ catalog }: OwnerParts, db: Db, request: RequestRow, profile: string): Promise<Notice> {
  const { id, workspace_id, service, reason } = request;
  const operations = operationsOf(request);
  const accounts = await listIntegrations(db, workspace_id, service);
  const answer = `patchbay requests approve ${id}, or deny`;
  return {
    title: `${profile} asks for ${service}`,
    message: [
      `It says: ${showText(reason.replaceAll(/\s+/g, " "))}`,
      operations ? `Operations: ${operations.join(", ")}` : "Operations: all",
      accounts.length > 0
        ? `By command: ${answer}.`
        : `${service} is not connected. ${connectCommand(await catalog.connector(service))} grants it; to refuse, patchbay requests deny ${id}.`,
    ].join("\n\n"),
    urgency: "normal",
  };
}
