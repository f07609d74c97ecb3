import type { JsonSchema } from "./openapi.ts";

/** One field of a schema, as a person reads it. */
export interface SchemaRow {
  /** With what it is in, e.g. `account.label` or `data[].id`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
}

type Schemas = Readonly<Record<string, JsonSchema>>;

const DEPTH = 4;

/** The fields of an object and of what is in it, down to where reading on would not help. */
export function listRows(schema: JsonSchema, schemas: Schemas, prefix = "", depth = 0): SchemaRow[] {
  const { properties = {}, required = [] } = resolve(schema, schemas);
  return Object.entries(properties).flatMap(([key, property]) => {
    const field = resolve(property, schemas);
    const name = `${prefix}${key}`;
    const row = {
      name,
      type: typeOf(field, schemas),
      isRequired: required.includes(key),
      description: describe(property) || describe(field),
    };
    if (depth === DEPTH) return [row];
    const items = itemsOf(field, schemas);
    return [
      row,
      ...(items ? listRows(items, schemas, `${name}[].`, depth + 1) : listRows(field, schemas, `${name}.`, depth + 1)),
    ];
  });
}

/** The schema that a reference stands for. */
function resolve(schema: unknown, schemas: Schemas): JsonSchema {
  const known = Object(schema) as JsonSchema;
  const name = known.$ref?.split("/").at(-1);
  return (name === undefined ? undefined : schemas[name]) ?? known;
}

function describe(schema: unknown): string {
  return (Object(schema) as JsonSchema).description ?? "";
}

function itemsOf({ items }: JsonSchema, schemas: Schemas): JsonSchema | undefined {
  return items === undefined || Array.isArray(items) ? undefined : resolve(items, schemas);
}

function typeOf(schema: JsonSchema, schemas: Schemas): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((each) => typeOf(resolve(each, schemas), schemas)).join(" | ");
  const items = itemsOf(schema, schemas);
  if (items) return `list of ${typeOf(items, schemas)}`;
  const types: readonly string[] = [schema.type ?? "anything"].flat();
  return types.join(" | ");
}

/** A value that fits a field, for an example. */
export function exampleOf(schema: unknown, schemas: Schemas): unknown {
  const { type, enum: values, properties, required = [], default: usual, items } = resolve(schema, schemas);
  if (usual !== undefined) return usual;
  if (values) return values[0];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return 1;
  if (type === "array") return items === undefined ? [] : [exampleOf(items, schemas)];
  if (type !== "object") return "…";
  const needed = Object.entries(properties ?? {}).filter(([name]) => required.includes(name));
  return Object.fromEntries(needed.map(([name, property]) => [name, exampleOf(property, schemas)]));
}
