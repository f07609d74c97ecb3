import type { Scope } from "../access/principal.ts";
import { describeTool, type ToolDescription } from "../catalog/describe-tool.ts";
import { toolName } from "../catalog/tool-names.ts";
import { AGENT_TOOLS } from "./agent-tools.ts";

interface OwnTool {
  /** What a key must have to be shown it. */
  readonly scope?: Scope;
  readonly description: ToolDescription;
}

/** The hub's own tools as they are listed. The executable holds them ready, like the lists of its connectors. */
export const OWN_TOOLS: readonly OwnTool[] = Object.entries(AGENT_TOOLS).flatMap(([service, tools]) =>
  Object.entries(tools).map(([name, tool]) => ({
    ...(tool.scope && { scope: tool.scope }),
    description: describeTool(toolName(service, name), name.replaceAll("_", " "), tool),
  })),
);
