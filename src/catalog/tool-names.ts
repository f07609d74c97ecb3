/** The longest name that every model API takes even after a host has put its own prefix before it. */
export const TOOL_NAME_LIMIT = 48;

export function toolName(service: string, operation: string): string {
  return `mcp__${service}__${operation}`;
}

/** The service and operation of a qualified name; `undefined` for a name of another shape. */
export function parseToolName(name: string): { service: string; operation: string } | undefined {
  const match = /^mcp__([a-z0-9]+(?:_[a-z0-9]+)*)__([a-z0-9_]+)$/.exec(name);
  const [, service, operation] = match ?? [];
  return service !== undefined && operation !== undefined ? { service, operation } : undefined;
}
