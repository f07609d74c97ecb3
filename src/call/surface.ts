import type { Granted, Holdings } from "../access/grants.ts";
import { type Decision, decide } from "../access/policy.ts";
import { describeTool, type ToolDescription, withAccount } from "../catalog/describe-tool.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import { parseToolName, toolName } from "../catalog/tool-names.ts";
import type { Connector } from "../connector/connector.ts";
import type { Operation } from "../connector/operation.ts";
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
  const callables = await Promise.all(wanted.map((id) => callablesOf(catalog, holdings, id)));
  return callables.flat().map((callable) => {
    const tool = toolOf(callable);
    return callable.accounts.length > 1 ? withAccount(tool, labelsOf(callable)) : tool;
  });
}

/** Finds what a qualified tool name means to a profile, or says why it may not call it. */
export async function findCallable(catalog: Catalog, holdings: Holdings, tool: string): Promise<Callable> {
  const parsed = parseToolName(tool);
  if (!parsed || !catalog.services.includes(parsed.service)) {
    throw new HubError("not_found", `There is no tool ${tool}.`, { hint: "List the tools to see what there is." });
  }
  const { service, operation: name } = parsed;
  const operation = await catalog.operation(service, name);
  const profile = holdings.profile.name;
  const ofService = holdings.grants.filter(({ integration }) => integration.service === service);
  if (ofService.length === 0) {
    throw new HubError("not_granted", `The profile ${profile} has not been granted ${service}.`, {
      hint: `Ask for it with mcp__integrations__request({ "service": "${service}", "reason": "…" }).`,
    });
  }
  if (!ofService.some(isOn)) {
    const byAgent = ofService.some(({ enabled, paused }) => enabled && paused);
    throw new HubError("not_granted", `${service} is switched off for the profile ${profile}.`, {
      hint: byAgent
        ? `Switch it on with mcp__integrations__toggle({ "integration": "${service}", "enabled": true }).`
        : `Ask the owner for it with mcp__integrations__request({ "service": "${service}", "reason": "…" }).`,
    });
  }
  const accounts = accountsOf(holdings, service, name, operation);
  if (accounts.length === 0) {
    throw new HubError("not_granted", `The profile ${profile} has not been granted ${service}.${name}.`, {
      hint: "Ask the owner to allow this operation.",
    });
  }
  return { service, connector: await catalog.connector(service), name, operation, accounts };
}

export function isOn(granted: Granted): boolean {
  return granted.enabled && !granted.paused && granted.integration.status !== "pending";
}

async function callablesOf(catalog: Catalog, holdings: Holdings, service: string): Promise<Callable[]> {
  const connector = await catalog.connector(service);
  return Object.entries(connector.operations)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, operation]) => ({
      service,
      connector,
      name,
      operation,
      accounts: accountsOf(holdings, service, name, operation).filter(({ decision }) => decision !== "deny"),
    }))
    .filter(({ accounts }) => accounts.length > 0);
}

function accountsOf(holdings: Holdings, service: string, name: string, operation: Operation): Callable["accounts"] {
  return holdings.grants
    .filter((granted) => granted.integration.service === service && isOn(granted))
    .map((granted) => ({ granted, decision: decide(granted.policy, name, operation.effect) }))
    .filter(({ decision }) => decision !== "hidden");
}

export function labelsOf({ accounts }: Callable): string[] {
  return accounts.map(({ granted }) => granted.integration.label);
}

const described = new WeakMap<Operation, ToolDescription>();

/** Making a JSON Schema costs far more than a call, so each operation is described once. */
function toolOf({ service, connector, name, operation }: Callable): ToolDescription {
  let tool = described.get(operation);
  if (!tool) {
    tool = describeTool(toolName(service, name), `${connector.name}: ${name.replaceAll("_", " ")}`, operation);
    described.set(operation, tool);
  }
  return tool;
}
