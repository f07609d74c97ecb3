import { hasScope, requireScope } from "../access/principal.ts";
import { HubError } from "../errors.ts";
import type { Call, CallResult, Caller } from "../call/open-calls.ts";
import { parseInput } from "../call/parse-input.ts";
import { describeTool, type ToolDescription } from "../catalog/describe-tool.ts";
import { parseToolName, toolName } from "../catalog/tool-names.ts";
import type { ActionContext } from "./action.ts";
import { AGENT_TOOLS, type AgentTool } from "./agent-tools.ts";

/** What a tool answered; the hub's own tools act as no account. */
export type ToolResult = CallResult | { readonly status: "done"; readonly data: object; readonly account?: undefined };

/** Calls any tool by its qualified name: the hub's own, or an operation of a service the profile was granted. */
export async function callTool(context: ActionContext, call: Call): Promise<ToolResult> {
  const own = findAgentTool(call.tool);
  if (!own) return context.calls.call(call);
  if (own.scope) requireScope(call.caller, own.scope);
  const input = parseInput(call.tool, own.input, call.input);
  const data = await own.run(input, { ...context, principal: call.caller, signal: call.signal });
  return { status: "done", data };
}

/** Every tool that a profile may call, the hub's own first; or those of one service. */
export async function listAllTools(
  { calls }: Pick<ActionContext, "calls">,
  caller: Caller,
  service?: string,
): Promise<ToolDescription[]> {
  const own = ownTools
    .filter((tool) => tool.scope === undefined || hasScope(caller, tool.scope))
    .map(({ description }) => description);
  if (service !== undefined && findOwn(service)) return own.filter(({ name }) => isOf(service, name));
  const granted = await calls.listTools(caller.profileId, service);
  return service === undefined ? [...own, ...granted] : granted;
}

const ownTools = Object.entries(AGENT_TOOLS).flatMap(([service, tools]) =>
  Object.entries(tools).map(([name, tool]) => ({
    scope: tool.scope,
    description: describeTool(toolName(service, name), name.replaceAll("_", " "), tool),
  })),
);

function isOf(service: string, name: string): boolean {
  return parseToolName(name)?.service === service;
}

/** A service may well have the name of something that every object inherits. */
function findOwn(service: string): Readonly<Record<string, AgentTool>> | undefined {
  return Object.hasOwn(AGENT_TOOLS, service) ? AGENT_TOOLS[service] : undefined;
}

function findAgentTool(tool: string): AgentTool | undefined {
  const parsed = parseToolName(tool);
  const tools = parsed && findOwn(parsed.service);
  if (!tools) return undefined;
  const found = Object.hasOwn(tools, parsed.operation) ? tools[parsed.operation] : undefined;
  if (found) return found;
  throw new HubError("not_found", `There is no tool ${tool}.`, {
    hint: `There are ${Object.keys(tools)
      .map((name) => toolName(parsed.service, name))
      .join(", ")}.`,
  });
}

/** Whether tools can be listed by this service alone: those of a connector, or some of the hub's own. */
export function knowsService({ catalog }: Pick<ActionContext, "catalog">, service: string): boolean {
  return findOwn(service) !== undefined || catalog.services.includes(service);
}

/** Whether anyone could call a tool of this name, granted or not. */
export async function knowsTool({ catalog }: Pick<ActionContext, "catalog">, tool: string): Promise<boolean> {
  const parsed = parseToolName(tool);
  if (!parsed) return false;
  const { service, operation } = parsed;
  const own = findOwn(service);
  if (own) return Object.hasOwn(own, operation);
  return catalog.services.includes(service) && Object.hasOwn((await catalog.connector(service)).operations, operation);
}
