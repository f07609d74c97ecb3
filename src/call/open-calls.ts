import { type Holdings, openHoldings } from "../access/grants.ts";
import type { Principal } from "../access/principal.ts";
import type { ToolDescription } from "../catalog/describe-tool.ts";
import { parseToolName } from "../catalog/tool-names.ts";
import type { Client } from "../connector/client.ts";
import { Contents } from "../connector/contents.ts";
import type { Operation } from "../connector/operation.ts";
import { HubError } from "../errors.ts";
import { fitsOnePage, keepPages, type Page, readPage } from "./pages.ts";
import { parseInput } from "./parse-input.ts";
import { type Errand, perform, type Performed } from "./perform.ts";
import { type ProxyCall, proxyCall, type ProxyParts, type ProxyResult } from "./proxy.ts";
import {
  type AccountShown,
  type ApprovalPending,
  type ClientUser,
  type ConsentNeeded,
  recordRefusal,
  seekPermit,
} from "./seek-permit.ts";
import { type Callable, findCallable, labelsOf, listTools } from "./surface.ts";

export interface CallParts extends ProxyParts {
  /** What a result may cost a model before it is given in pages. */
  readonly resultTokens: number;
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
  /** Only with it is a user asked. */
  readonly user?: ClientUser;
}

/** As which account a call was made, and whether its answer is made up. */
interface Made extends Pick<Performed, "simulated"> {
  readonly account: AccountShown;
}

export type CallResult =
  | (Made & { readonly status: "done"; readonly data: unknown })
  | (Made & { readonly status: "contents"; readonly data: Contents })
  | (Made & { readonly status: "paged"; readonly data: Page })
  | (ApprovalPending & { readonly account: AccountShown })
  | (ConsentNeeded & { readonly account: AccountShown });

export interface Calls {
  holdingsOf(profileId: string): Promise<Holdings>;
  listTools(profileId: string, service?: string): Promise<ToolDescription[]>;
  call(call: Call): Promise<CallResult>;
  /** For what was allowed by other means than a grant, such as an owner's notification channel. */
  perform(errand: Errand): Promise<Performed>;
  /** A call of a service's own API rather than of an operation. */
  proxy(call: ProxyCall): Promise<ProxyResult>;
  readPage(caller: Caller, handle: string, number: number): Promise<Page>;
}

/** The one road by which any operation runs: grant, input, policy, approval, record, service, record, result. */
export function openCalls(parts: CallParts): Calls {
  const holdingsOf = openHoldings(parts.store);

  return {
    holdingsOf,
    listTools: async (profileId, service) => listTools(parts.catalog, await holdingsOf(profileId), service),
    perform: (errand) => perform(parts, errand),
    proxy: async (call) => proxyCall(parts, await holdingsOf(call.caller.profileId), call),
    readPage: (caller, handle, number) => readPage(parts.store, caller, handle, number, parts.resultTokens),

    async call({ caller, tool, input, signal, onProgress, client, user }) {
      const holdings = await holdingsOf(caller.profileId);
      const callable = await findCallable(parts.catalog, holdings, tool).catch(async (error: unknown) => {
        await recordRefusal(parts, caller, addressOf(tool), error);
        throw error;
      });
      const { chosen, rest } = chooseAccount(callable, input);
      const parsed = parseInput(tool, callable.operation.input, rest);
      const { integration } = chosen.granted;
      const account = { service: callable.service, label: integration.label, integration: integration.id };
      const permit = await seekPermit(parts, {
        caller,
        profile: holdings.profile.name,
        operation: `${callable.service}.${callable.name}`,
        chosen,
        account,
        input: parsed,
        user,
      });
      if (permit.status !== "allowed") return { ...permit, account };

      const { data, ...mark } = await perform(parts, {
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
      const shown = await show(parts, caller, callable.operation, data);
      return { ...shown, ...mark, account };
    },
  };
}

/** What is too large to give at once is given in pages. */
async function show(parts: CallParts, caller: Caller, { output }: Operation, data: unknown) {
  const contents = output === Contents ? Contents.parse(data) : undefined;
  const json = JSON.stringify(data, contents && leaveOutMedia) ?? "null";
  if (!fitsOnePage(json, parts.resultTokens)) {
    return { status: "paged" as const, data: await keepPages(parts.store, caller, json, parts.resultTokens) };
  }
  return contents ? { status: "contents" as const, data: contents } : { status: "done" as const, data };
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

/** What a tool's name stands for, e.g. `github.create_issue`. */
function addressOf(tool: string): string {
  const parsed = parseToolName(tool);
  return parsed ? `${parsed.service}.${parsed.operation}` : tool;
}
