import type { Granted, Holdings } from "../access/grants.ts";
import { type Decision, decide } from "../access/policy.ts";
import { type ToolDescription, withAccount } from "../catalog/describe-tool.ts";
import type { ListedOperation } from "../catalog/list-operations.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { parseToolName } from "../catalog/tool-names.ts";
import type { Connector } from "../connector/connector.ts";
import type { Effect, Operation } from "../connector/operation.ts";
import { HubError } from "../errors.ts";

/** One operation as one profile may call it. */
export interface Callable {
  readonly service: string;
  readonly connector: Connector;
  readonly name: string;
  readonly operation: Operation;
  /** The accounts it may act as, each with what the policy says. Never empty. */
  readonly accounts: readonly { readonly granted: Granted; readonly decision: Decision }[];
}

/** The tools of a profile, by service and name; all of them, or one service's. */
export async function listTools(catalog: Catalog, holdings: Holdings, service?: string): Promise<ToolDescription[]> {
  const granted = new Set(holdings.grants.filter(isOn).map(({ integration }) => integration.service));
  // Not the other way round: a grant may outlive its connector.
  const wanted = catalog.services.filter((id) => granted.has(id) && (service === undefined || id === service));
  const lists = await Promise.all(wanted.map((id) => catalog.list(id)));
  return lists.flatMap((list, index) => list.flatMap((listed) => showTool(holdings, wanted[index] ?? "", listed)));
}

/** The tool as this profile sees it; nothing where it may not call it. */
function showTool(holdings: Holdings, service: string, { name, effect, tool }: ListedOperation): ToolDescription[] {
  const accounts = accountsOf(holdings, service, name, effect).filter(({ decision }) => decision !== "deny");
  if (accounts.length === 0) return [];
  return [accounts.length > 1 ? withAccount(tool, labelsOf({ accounts })) : tool];
}

/** Finds what a qualified tool name means to a profile, or says why it may not call it. */
export async function findCallable(catalog: Catalog, holdings: Holdings, tool: string): Promise<Callable> {
  const parsed = parseToolName(tool);
  if (!parsed || !catalog.services.includes(parsed.service)) {
    throw new HubError("not_found", `There is no tool ${tool}.`, {
      hint: "Tools have names like mcp__github__create_issue: list them to see what there is.",
    });
  }
  const { service, operation: name } = parsed;
  const operation = await catalog.operation(service, name);
  const profile = holdings.profile.name;
  const held = holdings.grants.filter(({ integration }) => integration.service === service);
  checkOn(profile, service, held);
  const accounts = accountsOf(holdings, service, name, operation.effect);
  if (accounts.length === 0) {
    throw new HubError("not_granted", `The profile ${profile} has not been granted ${service}.${name}.`, {
      hint: "Ask the owner to allow this operation.",
    });
  }
  return { service, connector: await catalog.connector(service), name, operation, accounts };
}

/** Refuses what a profile was not granted, or what is switched off, and says how to ask for it. */
export function checkOn(profile: string, meant: string, held: readonly Granted[]): void {
  if (held.length === 0) {
    throw new HubError("not_granted", `The profile ${profile} has not been granted ${meant}.`, {
      hint: `Ask for it with mcp__integrations__request({ "service": "${meant}", "reason": "…" }).`,
    });
  }
  if (held.some(isOn)) return;
  const byAgent = held.some(({ enabled, paused }) => enabled && paused);
  throw new HubError("not_granted", `${meant} is switched off for the profile ${profile}.`, {
    hint: byAgent
      ? `Switch it on with mcp__integrations__toggle({ "integration": "${meant}", "enabled": true }).`
      : `Ask the owner for it with mcp__integrations__request({ "service": "${meant}", "reason": "…" }).`,
  });
}

export function isOn(granted: Granted): boolean {
  return granted.enabled && !granted.paused && granted.integration.status !== "pending";
}

function accountsOf(holdings: Holdings, service: string, name: string, effect: Effect): Callable["accounts"] {
  return holdings.grants
    .filter((granted) => granted.integration.service === service && isOn(granted))
    .map((granted) => ({ granted, decision: decide(granted.policy, name, effect) }))
    .filter(({ decision }) => decision !== "hidden");
}

export function labelsOf({ accounts }: Pick<Callable, "accounts">): string[] {
  return accounts.map(({ granted }) => granted.integration.label);
}
