import { hash } from "node:crypto";

/** As Zod writes it; of the keywords only those that are read here. */
export type JsonSchema = {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
};

interface Wish {
  /** Told apart by it what is made up for one call and for another. */
  readonly seed: string;
  /** What was said, by field. */
  readonly said: Readonly<Record<string, unknown>>;
}

/**
 * Narrows the schema of an answer to one that is plausible: fields have the values that were said of them, as near to the
 * top as they fit, or else such as their names suggest; what may be null is not; lists don't go on.
 */
export function narrowSchema(schema: JsonSchema, { seed, said }: Wish): JsonSchema {
  const echo = new Map(Object.entries(said).map(([name, value]) => [fold(name), value]));
  return narrow(schema, { root: schema, within: [], seed, echo, name: "", parent: "", isRequired: true });
}

interface Place {
  readonly root: JsonSchema;
  /** The references that led here. */
  readonly within: readonly string[];
  readonly seed: string;
  readonly echo: ReadonlyMap<string, unknown>;
  /** Of the field, and of the one that it is in. */
  readonly name: string;
  readonly parent: string;
  readonly isRequired: boolean;
}

function narrow(given: JsonSchema, place: Place): JsonSchema {
  const schema = withoutNull(given);
  const said = namesOf(place).map((name) => place.echo.get(name));
  const echoed = said.find((value) => value !== undefined && fits(schema, value));
  if (echoed !== undefined) return { const: echoed };
  const { $ref, anyOf, oneOf, allOf, properties, items } = schema;
  if (isEndless(schema, place)) return { type: "null" };
  if ($ref !== undefined) return narrow(resolve($ref, place.root), { ...place, within: [...place.within, $ref] });
  if (properties) return narrowObject(schema, properties, place);
  const each = (schemas: readonly JsonSchema[]) => schemas.map((one) => narrow(one, place));
  return {
    ...suggest(schema, place),
    ...(anyOf && { anyOf: each(anyOf) }),
    ...(oneOf && { oneOf: each(oneOf) }),
    ...(allOf && { allOf: each(allOf) }),
    ...(items && narrowList(schema, items, place)),
  };
}

/** What is said of a field here is not said again of fields further down: an issue's title is not its milestone's. */
function narrowObject(schema: JsonSchema, properties: NonNullable<JsonSchema["properties"]>, place: Place): JsonSchema {
  const { $defs: _, required = [], ...rest } = schema;
  const kept = Object.entries(properties).filter(
    ([name, one]) => required.includes(name) || !(goesOn(name) || isEndless(one, place)),
  );
  const placeOf = (name: string): Place => {
    return { ...place, name, parent: place.name, isRequired: required.includes(name) };
  };
  const taken = new Set(kept.flatMap(([name]) => namesOf(placeOf(name))));
  const below = new Map([...place.echo].filter(([name]) => !taken.has(name)));
  const narrowed = kept.map(([name, one]) => {
    const own = isLeaf(one) ? place.echo : below;
    return [name, narrow(one, { ...placeOf(name), echo: own })] as const;
  });
  return { ...rest, required, properties: Object.fromEntries(narrowed) };
}

/** One of a kind tells as much as several. */
function narrowList({ minItems, maxItems = 1 }: JsonSchema, items: JsonSchema, place: Place): JsonSchema {
  const length = minItems ?? (isEndless(items, place) ? 0 : Math.min(1, maxItems));
  return { items: narrow(items, place), minItems: length, maxItems: length };
}

/** What contains itself is not in itself a second time. */
function isEndless(schema: JsonSchema, { within }: Place): boolean {
  const { $ref } = withoutNull(schema);
  return $ref !== undefined && within.includes($ref);
}

function resolve(ref: string, root: JsonSchema): JsonSchema {
  return ref === "#" ? root : (root.$defs?.[ref.replace("#/$defs/", "")] ?? {});
}

function isLeaf({ properties, items, anyOf, oneOf, allOf }: JsonSchema): boolean {
  if (properties || oneOf || allOf) return false;
  return items ? isLeaf(items) : (anyOf ?? []).every(isLeaf);
}

/** By what it can be called: a `teamId` is also the `id` of a `team`. */
function namesOf({ name, parent }: Place): readonly string[] {
  return [fold(name), fold(parent + name)];
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Whoever follows a list would never come to its end. */
function goesOn(name: string): boolean {
  return /next|cursor|more/i.test(name);
}

function withoutNull(schema: JsonSchema): JsonSchema {
  const { type, anyOf, ...rest } = schema;
  const [only, ...others] = (anyOf ?? []).filter((one) => one.type !== "null");
  if (only && others.length === 0) return withoutNull({ ...rest, ...only });
  const named = typeof type === "string" ? type : type?.find((name) => name !== "null");
  return { ...rest, ...(named !== undefined && { type: named }), ...(only && { anyOf: [only, ...others] }) };
}

function fits(schema: JsonSchema, value: unknown): boolean {
  if (schema.const !== undefined) return schema.const === value;
  if (schema.enum) return schema.enum.includes(value);
  if (schema.anyOf) return schema.anyOf.some((one) => fits(one, value));
  if (schema.items) return Array.isArray(value) && value.every((one) => fits(schema.items ?? {}, one));
  if (schema.type === "integer") return Number.isInteger(value);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(String(value))) return false;
  return typeof value === schema.type && typeof value !== "object";
}

/** A value that the field's name suggests, unless its schema says more than its type. */
function suggest(schema: JsonSchema, { seed, name, parent, isRequired }: Place): JsonSchema {
  const { type, format, pattern, enum: choices, minLength, maxLength } = schema;
  if (schema.const !== undefined || choices) return schema;
  // What an answer requires is its point: that it was done. The rest is better not so: archived, truncated, deleted.
  if (type === "boolean") return { const: isRequired && !goesOn(name) };
  const random = hash("sha256", `${seed} ${parent} ${name}`);
  if (type === "integer" || type === "number") return suggestNumber(schema, name, random);
  if (type !== "string" || pattern !== undefined || minLength !== undefined || maxLength !== undefined) return schema;
  if (format !== undefined && format !== "uri") return schema;
  return { const: format === "uri" ? linkTo(random) : suggestText(name, random) };
}

function suggestNumber(schema: JsonSchema, name: string, random: string): JsonSchema {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if ([exclusiveMinimum, exclusiveMaximum, multipleOf].some((bound) => bound !== undefined)) return schema;
  const id = (Number.parseInt(random.slice(0, 8), 16) % 9_999) + 1;
  const value = isTime(name) ? TIME_MS / 1000 : isId(name) ? id : 1;
  return { const: Math.min(Math.max(value, minimum), maximum) };
}

const TIME_MS = Date.UTC(2026, 0, 15, 12);

function isTime(name: string): boolean {
  return /(?:_at|At|[dD]ate|[tT]ime|stamp|(?:^|_)ts)$/.test(name);
}

function suggestText(name: string, random: string): string {
  if (name.endsWith("ts") && isTime(name)) return `${TIME_MS / 1000}.${random.replaceAll(/\D/g, "").slice(0, 6)}`;
  if (isTime(name)) return new Date(TIME_MS).toISOString();
  if (/(?:url|uri|link)$/i.test(name)) return linkTo(random);
  if (/email/i.test(name)) return "simulated@example.com";
  if (/sha$/i.test(name)) return random.slice(0, 40);
  return isId(name) ? toUuid(random) : `Simulated ${spell(name)}`.trim();
}

/** A name's words, as in `due date` of `dueDate`. */
function spell(name: string): string {
  const words = name.replaceAll(/[_-]/g, " ").replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ");
  return words.toLowerCase();
}

function isId(name: string): boolean {
  return /(?:^id|_id|Id|ID|number|key)$/.test(name);
}

function linkTo(random: string): string {
  return `https://simulated.example/${random.slice(0, 8)}`;
}

function toUuid(random: string): string {
  return random.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/s, "$1-$2-4$3-8$4-$5");
}
