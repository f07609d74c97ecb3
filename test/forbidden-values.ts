import type { JsonSchema } from "../src/faces/rest/openapi.ts";

/** A value that a schema forbids, and the rule that it breaks. */
export interface Forbidden {
  readonly rule: string;
  readonly value: unknown;
}

const WRONG_TYPES: Readonly<Record<string, unknown>> = {
  string: {},
  boolean: "yes",
  integer: "many",
  array: {},
  object: "text",
};

/** One value for each rule of a schema, wrong in that alone, also of the items and the entries of what it holds. */
export function forbiddenBy(schema: JsonSchema): Forbidden[] {
  const { type, items, additionalProperties } = schema;
  const own = typeof type === "string" && type in WRONG_TYPES ? [{ rule: "type", value: WRONG_TYPES[type] }] : [];
  return [
    ...own,
    ...outOfBounds(schema),
    ...withinItems(items, (value) => [value]),
    ...withinItems(additionalProperties, (value) => ({ entry: value })),
  ];
}

function outOfBounds(schema: JsonSchema): Forbidden[] {
  const { enum: values, pattern, format, minLength, maxLength, minimum, maximum, minItems, maxItems } = schema;
  return [
    ...(values ? [{ rule: "enum", value: "no such value" }] : []),
    ...(pattern !== undefined || format === "uri" ? [{ rule: "pattern", value: "not 💥\nthat" }] : []),
    ...(minLength ? [{ rule: "minLength", value: "" }] : []),
    ...(maxLength === undefined ? [] : [{ rule: "maxLength", value: "x".repeat(maxLength + 1) }]),
    ...(minimum === undefined ? [] : [{ rule: "minimum", value: minimum - 1 }]),
    ...(maximum === undefined ? [] : [{ rule: "maximum", value: maximum + 1 }]),
    ...(minItems ? [{ rule: "minItems", value: [] }] : []),
    ...(maxItems === undefined ? [] : [{ rule: "maxItems", value: Array.from({ length: maxItems + 1 }, () => "x") }]),
  ];
}

function withinItems(
  schema: JsonSchema["additionalProperties"] | JsonSchema["items"],
  wrap: (value: unknown) => unknown,
): Forbidden[] {
  if (typeof schema !== "object" || Array.isArray(schema)) return [];
  return forbiddenBy(schema).map(({ rule, value }) => ({ rule: `${rule} of what it holds`, value: wrap(value) }));
}
