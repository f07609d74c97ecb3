import { setTimeout } from "node:timers/promises";
import type { DecisionLinks } from "../access/decision-links.ts";
import { operationsOf } from "../access/requests.ts";
import { showArguments, showText } from "../access/show-arguments.ts";
import type { PendingApproval } from "../call/seek-permit.ts";
import { cutText } from "../connector/cut-text.ts";
import { listIntegrations } from "../integrations/integrations.ts";
import type { RequestRow } from "../store/tables.ts";
import { notifyOwner, type OwnerParts } from "./notify-owner.ts";
import type { Notice } from "./send-notice.ts";

/** Tells owners what waits for them. Nobody waits for it, and a failure is nobody's but the log's. */
export interface OwnerNotices {
  ofApproval(pending: PendingApproval): void;
  /** `profile` is the name of who asks. */
  ofRequest(request: RequestRow, profile: string): void;
  /** Waits a while for what is being sent. */
  settle(): Promise<void>;
}

interface NoticeParts extends OwnerParts {
  readonly links: DecisionLinks;
  readonly onFault: (message: string, error: unknown) => void;
}

const PREVIEW_LIMIT = 1_500;
const REQUEST_LINK_MS = 7 * 24 * 60 * 60 * 1000;
const SETTLE_MS = 3_000;
const LABEL = "Review and decide";

export function openOwnerNotices(parts: NoticeParts): OwnerNotices {
  const sending = new Set<Promise<unknown>>();

  function tell(what: string, workspaceId: string, write: () => Notice | Promise<Notice>): void {
    const sent = (async () => notifyOwner(parts, { workspace_id: workspaceId }, await write()))()
      .catch((error: unknown) => parts.onFault(`The owner could not be told of ${what}.`, error))
      .finally(() => sending.delete(sent));
    sending.add(sent);
  }

  return {
    ofApproval(pending) {
      tell(pending.approval, pending.workspaceId, () => describeApproval(parts.links, pending));
    },
    ofRequest(request, profile) {
      tell(request.id, request.workspace_id, () => describeRequest(parts, request, profile));
    },
    async settle() {
      await Promise.race([Promise.all(sending), setTimeout(SETTLE_MS, undefined, { ref: false })]);
    },
  };
}

function describeApproval(links: DecisionLinks, pending: PendingApproval): Notice {
  const { approval, workspaceId, profile, operation, account, argumentsPreview, expiresAt } = pending;
  const { text } = showArguments(argumentsPreview);
  return {
    title: `${profile} wants to run ${operation}`,
    message: [
      `As ${account.label} (${account.service}), with ${cutText(text, PREVIEW_LIMIT)}`,
      `By command: patchbay approvals approve ${approval}, or deny.`,
    ].join("\n\n"),
    urgency: "high",
    link: { label: LABEL, url: links.sign("approvals", { id: approval, workspaceId }, new Date(expiresAt)) },
  };
}

async function describeRequest({ store, links }: NoticeParts, request: RequestRow, profile: string): Promise<Notice> {
  const { id, workspace_id, service, reason } = request;
  const operations = operationsOf(request);
  const accounts = await listIntegrations(store.db, workspace_id, service);
  const expiresAt = new Date(Date.now() + REQUEST_LINK_MS);
  const answer = `patchbay requests approve ${id}, or deny`;
  return {
    title: `${profile} asks for ${service}`,
    message: [
      `It says: ${showText(reason.replaceAll(/\s+/g, " "))}`,
      operations ? `Operations: ${operations.join(", ")}` : "Operations: all",
      accounts.length > 0
        ? `By command: ${answer}.`
        : `${service} is not connected. patchbay connect ${service} grants it; to refuse, patchbay requests deny ${id}.`,
    ].join("\n\n"),
    urgency: "normal",
    link: { label: LABEL, url: links.sign("requests", { id, workspaceId: workspace_id }, expiresAt) },
  };
}
