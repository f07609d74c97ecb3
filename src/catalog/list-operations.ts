import type { Connector } from "../connector/connector.ts";
import type { Effect } from "../connector/operation.ts";
import { describeTool, type ToolDescription } from "./describe-tool.ts";
import { toolName } from "./tool-names.ts";

/** An operation as it is listed: its name and effect decide who sees it, the tool is what they see. */
export interface ListedOperation {
  readonly name: string;
  readonly effect: Effect;
  readonly tool: ToolDescription;
}

/** A connector's operations, by name. */
export function listOperations({ id, name: service, operations }: Connector): ListedOperation[] {
  return Object.entries(operations)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, operation]) => ({
      name,
      effect: operation.effect,
      tool: describeTool(toolName(id, name), `${service}: ${name.replaceAll("_", " ")}`, operation),
    }));
}
