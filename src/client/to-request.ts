import { pathParameters, splitRequestLine } from "../connector/request-line.ts";
import { HubError } from "../errors.ts";

/** What is sent for an action. */
export interface ActionRequest {
  readonly method: string;
  /** Path and query below `/v1`. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

/** Puts an action's input where its route takes it: into the path, and the rest into the query or the body. */
export function toRequest(route: string, input: object): ActionRequest {
  const [method, template] = splitRequestLine(route);
  const inPath = pathParameters(template);
  const fields = Object.entries(input).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(fields);
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => toSegment(name, given[name]));
  const others = fields.filter(([name]) => !inPath.includes(name));
  if (method !== "GET" && method !== "DELETE") {
    return { method, path, ...(others.length > 0 && { body: JSON.stringify(Object.fromEntries(others)) }) };
  }
  const query = others.flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, String(each)]));
  return { method, path: query.length === 0 ? path : `${path}?${new URLSearchParams(query).toString()}` };
}

/** What is empty, or dots alone, would make the address that of something else. */
function toSegment(name: string, value: unknown): string {
  if (typeof value === "string" && !/^\.{0,2}$/.test(value)) return encodeURIComponent(value);
  throw new HubError("invalid_input", `${name} names nothing.`, { hint: `Give ${name} as an id or a name.` });
}
