import * as z from "zod";
import type { Action } from "../actions/action.ts";
import { ALL_ACTIONS } from "../actions/all-actions.ts";
import { isList } from "../actions/page.ts";
import { toCamelCase } from "./routes.ts";

type Schema = z.core.JSONSchema._JSONSchema;

/**
 * Writes `methods.ts` as it is declared in the package, where nobody has the actions: with their types and words, and
 * without any import of theirs.
 */
export function writeMethods(): string {
  const known = new Map<string, string>();
  const nouns = Object.entries(ALL_ACTIONS).map(([noun, actions]) => {
    const methods = Object.entries(actions).map(([verb, action]) => writeMethod(verb, action, known));
    return `readonly ${toCamelCase(noun)}: {\n${methods.join("\n")}\n};`;
  });
  const lines = [
    'import type { Listing } from "./listing.js";',
    'import type { CallOptions } from "./client-options.js";',
    ...[...known].map(([name, type]) => `export type ${name} = ${type};`),
    `export type Methods = {\n${nouns.join("\n")}\n};`,
  ];
  return indent(lines.join("\n"));
}

/** Each line as deep as the braces it stands in. */
function indent(text: string): string {
  let depth = 0;
  const lines = text.split("\n").map((line) => {
    if (line.startsWith("}")) depth -= 1;
    const indented = `${"  ".repeat(depth)}${line}\n`;
    if (line.endsWith("{")) depth += 1;
    return indented;
  });
  return lines.join("");
}

function writeMethod(verb: string, action: Action, known: Map<string, string>): string {
  const input = readSchema(action.input, "input", known);
  const { required = [] } = Object(input) as Exclude<Schema, boolean>;
  const asked = `input${required.length === 0 ? "?" : ""}: ${writeType(input)}`;
  const note = `${action.summary} Scope ${action.scope}${action.who === "owner" ? ", keys of the owner only" : ""}.`;
  return `${writeNote(note)}readonly ${verb}: (${asked}, options?: CallOptions) => ${writeAnswer(action, known)};`;
}

function writeAnswer(action: Action, known: Map<string, string>): string {
  if (action.status === 204) return "Promise<void>";
  if (!isList(action)) return `Promise<${writeType(readSchema(action.output, "output", known))}>`;
  const { properties = {} } = Object(readSchema(action.output, "output", known)) as Exclude<Schema, boolean>;
  const rows = Object(properties["data"]) as { items: Schema };
  return `Listing<${writeType(rows.items)}>`;
}

/** Types that have a name are written once. */
function readSchema(type: z.ZodType, io: "input" | "output", known: Map<string, string>): Schema {
  const { $defs = {}, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any", override: markExact });
  for (const [name, definition] of Object.entries($defs)) known.set(name, writeType(definition));
  // One that is a name itself stands there whole.
  return schema;
}

/** JSON has no `undefined`, so its schemas don't tell whether a field may be that rather than absent. */
const EXACT = "x-exact";

function markExact({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  if (zodSchema instanceof z.ZodExactOptional) jsonSchema[EXACT] = true;
}

function writeType(schema: Schema): string {
  if (typeof schema === "boolean") return "unknown";
  const { $ref, enum: values, anyOf, type = "unknown" } = schema;
  if ($ref !== undefined) return $ref.split("/").at(-1) ?? "unknown";
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf) return anyOf.map(writeType).join(" | ");
  const types: readonly string[] = [type].flat();
  return types.map((each) => writePlain(each, schema)).join(" | ");
}

function writePlain(type: string, schema: Exclude<Schema, boolean>): string {
  const { items } = schema;
  if (type === "array") return `Array<${Array.isArray(items) || items === undefined ? "unknown" : writeType(items)}>`;
  if (type === "object") return writeObject(schema);
  return type === "integer" ? "number" : type;
}

function writeObject({ properties = {}, required = [], additionalProperties }: Exclude<Schema, boolean>): string {
  const fields = Object.entries(properties).map(([name, field]) => {
    const isNeeded = required.includes(name);
    const note = typeof field === "object" && field.description !== undefined ? writeNote(field.description) : "";
    const isExact = typeof field === "object" && field[EXACT] === true;
    return `${note}${name}${isNeeded ? "" : "?"}: ${writeType(field)}${isNeeded || isExact ? "" : " | undefined"};`;
  });
  const others =
    typeof additionalProperties === "object" ? [`[name: string]: ${writeType(additionalProperties)};`] : [];
  const lines = [...fields, ...others];
  return lines.length === 0 ? "Record<string, never>" : `{\n${lines.join("\n")}\n}`;
}

function writeNote(text: string): string {
  return `/** ${text.replaceAll("*/", "*\\/")} */\n`;
}
