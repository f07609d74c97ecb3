import * as z from "zod";
import type { Action } from "../../actions/action.ts";

type Schema = z.core.JSONSchema._JSONSchema;

/** `settings` are pairs of which `null` takes one away; a `secret` need not stand in the command. */
type Kind = "text" | "secret" | "number" | "switch" | "list" | "pairs" | "settings" | "json";

/** One input of an action, as a command line takes it. */
export interface Field {
  /** As the action calls it, e.g. `base_url`. */
  readonly name: string;
  /** As a person types it: `--base-url`, or `service` for one that is given by position. */
  readonly flag: string;
  /** Under which what was typed is kept: its name, but for a switch that says no or none. */
  readonly key: string;
  /** What a switch that is given stands for. */
  readonly means: boolean | readonly never[];
  readonly positional: boolean;
  readonly kind: Kind;
  readonly required: boolean;
  /** What to type for its value, e.g. `name=value`. */
  readonly placeholder: string;
  readonly help: string;
}

const NAMED_VALUES = { placeholder: "name=value", note: "may be repeated; name=- reads the value from stdin" };

const KINDS: Readonly<Record<Kind, { readonly placeholder: string; readonly note: string }>> = {
  text: { placeholder: "text", note: "" },
  secret: { placeholder: "text", note: "- reads it from stdin" },
  number: { placeholder: "number", note: "" },
  switch: { placeholder: "", note: "" },
  list: { placeholder: "text", note: "may be repeated" },
  pairs: NAMED_VALUES,
  settings: NAMED_VALUES,
  json: { placeholder: "json", note: "@file reads it from a file, - from stdin" },
};

/**
 * An action's inputs, those given by position first. A truth with two names is two switches, and a list that must be given
 * by position but may be empty has a switch that says so.
 */
export function fieldsOf({ input, positional = [], switches = {} }: Action): readonly Field[] {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  const names = new Set([...positional, ...Object.keys(properties)]);
  return [...names].flatMap((name): Field[] => {
    const schema = properties[name] ?? {};
    const isPositional = positional.includes(name);
    const kind = kindOf(schema);
    const field = {
      name,
      key: name,
      means: true,
      flag: isPositional ? name : `--${singular(name, kind).replaceAll("_", "-")}`,
      positional: isPositional,
      kind,
      required: required.includes(name),
      placeholder: KINDS[kind].placeholder,
      help: describe(schema, KINDS[kind].note),
    };
    if (isPositional && kind === "list" && field.required && !hasMinimum(schema)) {
      const optional = { ...field, required: false };
      const none = {
        kind: "switch",
        positional: false,
        flag: "--none",
        key: "none",
        means: [],
        help: `no ${name}`,
      } as const;
      return [optional, { ...optional, ...none }];
    }
    const [yes, no] = switches[name] ?? [];
    if (yes === undefined || no === undefined) return [field];
    return [
      { ...field, flag: `--${yes}`, help: describe(schema, "yes") },
      { ...field, flag: `--${no}`, key: no, means: false, help: describe(schema, "no") },
    ];
  });
}

function kindOf(schema: Schema): Kind {
  if (typeof schema === "boolean") return "json";
  const { type, additionalProperties } = schema;
  if (type === "string") return schema.format === "password" ? "secret" : "text";
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "switch";
  if (type === "array") return "list";
  if (type !== "object") return "json";
  return typeof additionalProperties === "object" && additionalProperties.type === "string" ? "pairs" : "settings";
}

function hasMinimum(schema: Schema): boolean {
  return typeof schema === "object" && (schema.minItems ?? 0) > 0;
}

/** Each `--credential` is one of the `credentials`. */
function singular(name: string, kind: Kind): string {
  return kind === "list" || kind === "pairs" || kind === "settings" ? name.replace(/(?<!s)s$/, "") : name;
}

function describe(schema: Schema, note: string): string {
  if (typeof schema === "boolean") return note;
  const { description = "", items } = schema;
  const choices = schema.enum ?? (typeof items === "object" && !Array.isArray(items) ? items.enum : undefined);
  const notes = [
    choices?.join(", ") ?? "",
    isPlain(schema.default) ? `${String(schema.default)} unless given` : "",
    note,
  ].filter((text) => text !== "");
  return `${description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`.trim();
}

function isPlain(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}
