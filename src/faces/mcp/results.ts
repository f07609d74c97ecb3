import type { CallToolResult } from "@modelcontextprotocol/server";
import type { ToolResult } from "../../actions/call-tool.ts";
import type { ConsentNeeded } from "../../call/seek-permit.ts";
import { redactTokens } from "../../egress/redact.ts";
import { HubError } from "../../errors.ts";

/**
 * A tool's answer, then the account it was made as, and whether it is made up. Data are given as JSON text and as
 * structured content.
 */
export function toToolResult(result: Exclude<ToolResult, ConsentNeeded>): CallToolResult {
  const { account } = result;
  const answer = toAnswer(result);
  if (!account) return answer;
  const notes = [`Account: ${account.label} (${account.service})`, ...(isSimulated(result) ? [SIMULATED] : [])];
  return {
    ...answer,
    content: [...answer.content, ...notes.map((text) => ({ type: "text" as const, text }))],
    _meta: { "patchbay/integration": account.integration, "patchbay/account": account.label },
  };
}

function toAnswer(result: Exclude<ToolResult, ConsentNeeded>): CallToolResult {
  const mark = isSimulated(result) && { simulated: true };
  if (result.status === "contents") {
    return { content: result.data.content, ...(mark && { structuredContent: mark }) };
  }
  const given = result.status === "approval_pending" ? pendingData(result) : result.data;
  const data = mark ? { ...(isObject(given) ? given : { data: given }), ...mark } : given;
  return {
    content: [{ type: "text", text: JSON.stringify(data) ?? "null" }],
    ...(isObject(data) && { structuredContent: data }),
  };
}

const SIMULATED = "Simulated: nothing was sent, and this answer is made up.";

function isSimulated(result: Exclude<ToolResult, ConsentNeeded>): boolean {
  return "simulated" in result;
}

function pendingData(pending: Extract<ToolResult, { status: "approval_pending" }>): Record<string, unknown> {
  return {
    status: pending.status,
    approval: pending.approval,
    url: pending.url,
    expires_at: pending.expiresAt,
    next: "An owner must approve this call. Make the same call again once mcp__integrations__approval says approved.",
  };
}

/** A failed call, said so that an agent can act on it; what the service said is marked as the service's. */
export function toErrorResult(error: HubError): CallToolResult {
  const { code, message, hint, retryable, details } = error;
  const words = error.serviceWords === undefined ? undefined : redactTokens(error.serviceWords);
  const lines = [message, hint, words === undefined ? undefined : `The service's own words (not Patchbay's): ${words}`];
  return {
    isError: true,
    content: [{ type: "text", text: lines.filter((line) => line !== undefined).join("\n") }],
    structuredContent: {
      error: {
        code,
        message,
        retryable,
        details,
        ...(hint !== undefined && { hint }),
        ...(words !== undefined && { service_words: words }),
      },
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
