import * as z from "zod";
import { parseInput } from "../../call/parse-input.ts";
import { HubError } from "../../errors.ts";
import { readText } from "../http/read-text.ts";
import type { RestRoute } from "./routes.ts";

/** An action's input. */
export type Fields = Record<string, unknown>;

/** Reads an action's input from a request: the path's fields, and the others from the query or from the JSON body. */
export async function readInput(
  route: RestRoute,
  request: Request,
  pathFields: Readonly<Record<string, string>>,
  limitBytes: number,
): Promise<Fields> {
  const text = await readText(request, limitBytes);
  const query = new URL(request.url).searchParams;
  const others = route.rest === "query" ? readQuery(route, query, text) : readBody(request, query, text);
  for (const name of route.inPath) {
    if (!(name in others)) continue;
    throw new HubError("invalid_input", `${name} is given by the path, and again beside it.`, {
      hint: "Give it in the path only.",
    });
  }
  const fields = { ...others, ...pathFields };
  for (const [name, value] of Object.entries(fields)) refuseNul(name, value);
  return parseInput(`${route.method} /v1${route.path}`, route.action.input, fields);
}

function readQuery(route: RestRoute, query: URLSearchParams, body: string): Fields {
  if (body !== "") {
    throw new HubError("invalid_input", `A ${route.method} takes no body.`, { hint: "Give the fields in the query." });
  }
  const properties = propertiesOf(route.action.input);
  const names = [...new Set(query.keys())];
  return Object.fromEntries(names.map((name) => [name, readValue(name, properties[name], query.getAll(name))]));
}

type Schema = z.core.JSONSchema._JSONSchema;

const known = new WeakMap<z.ZodObject, Readonly<Record<string, Schema>>>();

function propertiesOf(input: z.ZodObject): Readonly<Record<string, Schema>> {
  let properties = known.get(input);
  if (!properties) {
    properties = z.toJSONSchema(input, { io: "input", unrepresentable: "any" }).properties ?? {};
    known.set(input, properties);
  }
  return properties;
}

/** Text, or what the field's type makes of it; what it can't be is left for the schema to refuse. */
function readValue(name: string, schema: Schema | undefined, values: readonly string[]): unknown {
  const type = typeof schema === "object" ? schema.type : undefined;
  if (type === "array") return values;
  const [value = "", ...more] = values;
  if (more.length > 0) {
    throw new HubError("invalid_input", `${name} is given ${values.length} times.`, { hint: "Give it once." });
  }
  if (type === "integer" || type === "number") return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return value;
}

function readBody(request: Request, query: URLSearchParams, body: string): Fields {
  const [name] = query.keys();
  if (name !== undefined) {
    throw new HubError("invalid_input", `The query has ${name}, and ${request.method} takes its fields in the body.`, {
      hint: "Send them as JSON.",
    });
  }
  if (body === "") return {};
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HubError("unsupported_type", "The body is not said to be JSON.", {
      hint: 'Send JSON with "Content-Type: application/json".',
    });
  }
  const fields = parseJson(body);
  if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) return { ...fields };
  throw new HubError("invalid_input", "The body is not a JSON object.", { hint: "Send the fields as an object." });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HubError("invalid_input", "The body is not valid JSON.", { hint: "Check its quotes and commas.", cause });
  }
}

/** PostgreSQL keeps no text that holds one, so there is nothing it could name. */
function refuseNul(name: string, value: unknown): void {
  const texts = Array.isArray(value) ? value : [value];
  if (texts.some((text) => typeof text === "string" && text.includes("\0"))) {
    throw new HubError("invalid_input", `${name} holds a NUL character.`, { hint: "Leave it out." });
  }
}
