import { claimApproval } from "../access/approvals.ts";
import { type Holdings, openHoldings } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import type { ToolDescription } from "../catalog/describe-tool.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { parseToolName } from "../catalog/tool-names.ts";
import type { Client } from "../connector/client.ts";
import { Contents } from "../connector/contents.ts";
import { digest } from "../digest.ts";
import { redactTokens } from "../egress/redact.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { Store } from "../store/open.ts";
import { fitsOnePage, keepPages, type Page, readPage } from "./pages.ts";
import { parseInput } from "./parse-input.ts";
import { type Errand, perform, type PerformParts } from "./perform.ts";
import { type Callable, findCallable, labelsOf, listTools } from "./surface.ts";

export interface CallParts extends PerformParts {
  readonly store: Store;
  readonly catalog: Catalog;
  /** What a result may cost a model before it is given in pages. */
  readonly resultTokens: number;
  /** Where an owner can decide an approval. */
  readonly approvalUrl: (approval: string) => string;
}

/** A principal that is a profile: only profiles call tools. */
export type Caller = Principal & { readonly profileId: string };

export interface Call {
  readonly caller: Caller;
  /** Qualified, e.g. `mcp__github__create_issue`. */
  readonly tool: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total?: number, message?: string) => void;
  readonly client?: Client;
}

export type CallResult =
  | { readonly status: "done"; readonly data: unknown; readonly account: AccountShown }
  | { readonly status: "contents"; readonly data: Contents; readonly account: AccountShown }
  | { readonly status: "paged"; readonly data: Page; readonly account: AccountShown }
  | {
      readonly status: "approval_pending";
      readonly approval: string;
      readonly url: string;
      readonly expiresAt: string;
      readonly account: AccountShown;
    };

/** The account a result was made as. */
export interface AccountShown {
  readonly service: string;
  readonly label: string;
  readonly integration: string;
}

export interface Calls {
  holdingsOf(profileId: string): Promise<Holdings>;
  listTools(profileId: string, service?: string): Promise<ToolDescription[]>;
  call(call: Call): Promise<CallResult>;
  /** For what was allowed by other means than a grant, such as an owner's notification channel. */
  perform(errand: Errand): Promise<unknown>;
  readPage(caller: Caller, handle: string, number: number): Promise<Page>;
}

/** The one road by which any operation runs: grant, input, policy, approval, record, service, record, result. */
export function openCalls(parts: CallParts): Calls {
  const holdingsOf = openHoldings(parts.store);

  return {
    holdingsOf,
    listTools: async (profileId, service) => listTools(parts.catalog, await holdingsOf(profileId), service),
    perform: (errand) => perform(parts, errand),
    readPage: (caller, handle, number) => readPage(parts.store, caller, handle, number, parts.resultTokens),

    async call({ caller, tool, input, signal, onProgress, client }) {
      const callable = await findCallable(parts.catalog, await holdingsOf(caller.profileId), tool).catch(
        async (error: unknown) => {
          await recordRefusal(parts, caller, addressOf(tool), error);
          throw error;
        },
      );
      const { chosen, rest } = chooseAccount(callable, input);
      const parsed = parseInput(tool, callable.operation.input, rest);
      const { integration } = chosen.granted;
      const account = { service: callable.service, label: integration.label, integration: integration.id };
      const permit = await seekPermit(parts, caller, callable, chosen, parsed);
      if (permit.status === "approval_pending") return { ...permit, account };

      const data = await perform(parts, {
        actor: caller.actor,
        profileId: caller.profileId,
        integration,
        connector: callable.connector,
        operation: callable.name,
        input: parsed,
        signal,
        ...(onProgress && { onProgress }),
        ...(client && { client }),
        ...(permit.approval !== undefined && { approval: permit.approval }),
      });
      const contents = callable.operation.output === Contents ? Contents.parse(data) : undefined;
      const json = JSON.stringify(data, contents && leaveOutMedia) ?? "null";
      if (!fitsOnePage(json, parts.resultTokens)) {
        return { status: "paged", data: await keepPages(parts.store, caller, json, parts.resultTokens), account };
      }
      return contents ? { status: "contents", data: contents, account } : { status: "done", data, account };
    },
  };
}

/** Models take images and sounds by other measures than text, and a piece of one is of no use to anybody. */
function leaveOutMedia(key: string, value: unknown): unknown {
  return key === "data" || key === "blob" ? undefined : value;
}

type Chosen = Callable["accounts"][number];

/** With several accounts the agent must say which; with one it must not. */
function chooseAccount(callable: Callable, input: unknown): { chosen: Chosen; rest: unknown } {
  const [only, ...others] = callable.accounts;
  if (!only) throw new Error("a callable has at least one account");
  if (others.length === 0) return { chosen: only, rest: input };

  const { account, ...rest } = typeof input === "object" && input !== null ? (input as { account?: unknown }) : {};
  const chosen = callable.accounts.find(({ granted }) => granted.integration.label === account);
  if (chosen) return { chosen, rest };
  throw new HubError("invalid_input", `${callable.service} has several accounts, so "account" must name one.`, {
    hint: `The accounts are ${labelsOf(callable).join(", ")}.`,
  });
}

type Permit =
  | { readonly status: "allowed"; readonly approval?: string }
  | {
      readonly status: "approval_pending";
      readonly approval: string;
      readonly url: string;
      readonly expiresAt: string;
    };

async function seekPermit(
  parts: CallParts,
  caller: Caller,
  callable: Callable,
  { granted, decision }: Chosen,
  input: unknown,
): Promise<Permit> {
  const address = `${callable.service}.${callable.name}`;
  if (decision === "allow") return { status: "allowed" };
  if (decision !== "ask") {
    const error = new HubError("denied", `The owner's policy denies ${address}.`, { hint: "Do without it." });
    await recordRefusal(parts, caller, address, error, granted.integration);
    throw error;
  }

  const claim = await claimApproval(parts.store, {
    workspaceId: caller.workspaceId,
    profileId: caller.profileId,
    integrationId: granted.integration.id,
    operation: address,
    argumentsDigest: digest(input),
    argumentsPreview: redactTokens(JSON.stringify(input)).slice(0, 2000),
  });
  if (claim.status === "approved") return { status: "allowed", approval: claim.approval };
  if (claim.status === "denied") {
    throw new HubError("denied", `The owner denied this call of ${address}.`, {
      hint: "Do without it, or ask the owner why.",
    });
  }
  if (claim.isNew) {
    await parts.audit.append({
      ...subjectOf(caller, address, granted.integration),
      action: "approval.request",
      details: { approval: claim.approval },
    });
  }
  return {
    status: "approval_pending",
    approval: claim.approval,
    url: parts.approvalUrl(claim.approval),
    expiresAt: claim.expiresAt,
  };
}

async function recordRefusal(
  parts: CallParts,
  caller: Caller,
  operation: string,
  error: unknown,
  integration?: IntegrationRow,
): Promise<void> {
  if (!(error instanceof HubError) || error.status !== 403) return;
  await parts.audit.append({
    ...subjectOf(caller, operation, integration),
    action: "call.refused",
    details: { code: error.code },
  });
}

/** What a tool's name stands for, e.g. `github.create_issue`. */
function addressOf(tool: string): string {
  const parsed = parseToolName(tool);
  return parsed ? `${parsed.service}.${parsed.operation}` : tool;
}

function subjectOf(caller: Caller, operation: string, integration?: IntegrationRow) {
  return {
    workspaceId: caller.workspaceId,
    actor: caller.actor,
    profileId: caller.profileId,
    operation,
    ...(integration && { integrationId: integration.id }),
  };
}
