import { hasScope, requireScope } from "../access/principal.ts";
import { HubError } from "../errors.ts";
import type { Call, CallResult, Caller } from "../call/open-calls.ts";
import { parseInput } from "../call/parse-input.ts";
import type { ToolDescription } from "../catalog/describe-tool.ts";
import { parseToolName, toolName } from "../catalog/tool-names.ts";
import type { ActionContext } from "./action.ts";
import { AGENT_TOOLS, type AgentTool, type Visit } from "./agent-tools.ts";
import { OWN_TOOLS } from "./own-tools.ts";

/** What one of the hub's own tools answered, which acts as no account. */
interface OwnResult {
  readonly status: "done";
  readonly data: object;
  /** Where the client's user may go on; called again after that, the tool knows what came of it. */
  readonly visit?: Visit;
  readonly account?: undefined;
}

export type ToolResult = CallResult | OwnResult;

interface ToolCall extends Call {
  readonly hasVisited?: boolean;
}

/** Calls any tool by its qualified name: the hub's own, or an operation of a service the profile was granted. */
export async function callTool(context: ActionContext, call: ToolCall): Promise<ToolResult> {
  const own = findAgentTool(call.tool);
  if (!own) return context.calls.call(call);
  if (own.scope) requireScope(call.caller, own.scope);
  const input = parseInput(call.tool, own.input, call.input);
  const { caller, signal, hasVisited = false } = call;
  const data = await own.run(input, { ...context, principal: caller, signal, hasVisited });
  const visit = own.visit?.(data);
  return { status: "done", data, ...(visit && { visit }) };
}

/** Every tool that a profile may call, the hub's own first; or those of one service. */
export async function listAllTools(
  { calls }: Pick<ActionContext, "calls">,
  caller: Caller,
  service?: string,
): Promise<ToolDescription[]> {
  const own = OWN_TOOLS.filter(({ scope }) => scope === undefined || hasScope(caller, scope)).map(
    ({ description }) => description,
  );
  if (service !== undefined && findOwn(service)) return own.filter(({ name }) => isOf(service, name));
  const granted = await calls.listTools(caller.profileId, service);
  return service === undefined ? [...own, ...granted] : granted;
}

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
