import * as z from "zod";
import type { Action } from "../../actions/action.ts";
import { paint } from "./output.ts";
import { pad, renderTable, toPlain, widthOf } from "./table.ts";

type Facts = Readonly<Record<string, unknown>>;

/** What an action answered, for people: a table of a list's rows, or one fact a line. */
export function renderAnswer({ columns, output }: Action, answer: unknown, width: number): string {
  if (!isFacts(answer) || isEmpty(answer)) return renderValue(answer, width, columns);
  const fields = output instanceof z.ZodObject ? Object.entries(output.shape) : [];
  const notes = fields.flatMap(([name, { description }]) => (description === undefined ? [] : [[name, description]]));
  return renderFacts(answer, width, Object.fromEntries(notes));
}

function renderValue(value: unknown, width: number, columns?: readonly string[]): string {
  if (value === null || isEmpty(value)) return paint("dim", "None.");
  if (isRows(value)) return renderRows(value, width, columns ?? Object.keys(value[0] ?? {}));
  if (Array.isArray(value)) return value.map(toCell).join("\n");
  if (isSchema(value)) return renderValue(fieldsOf(value), width);
  return isFacts(value) ? renderFacts(value, width) : toCell(value);
}

function renderRows(rows: readonly Facts[], width: number, columns: readonly string[]): string {
  const cells = rows.map((row) => columns.map((name) => toCell(row[name])));
  return renderTable(columns, cells, width);
}

/** Facts that are absent are left out, and large ones stand below their names. */
export function renderFacts(facts: Facts, width: number, notes: Readonly<Record<string, string>> = {}): string {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined);
  const names = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  return shown
    .map(([name, value]) => {
      // An environment variable is called what it is called.
      const words = /[A-Z]/.test(name) ? name : name.replaceAll("_", " ");
      const title = paint("dim", pad(toPlain(words), names));
      if (isBlock(value)) return `${title}\n${indent(renderValue(value, width - 2))}`;
      const note = notes[name] === undefined ? "" : `  ${paint("dim", `(${notes[name]})`)}`;
      return `${title}  ${toCell(value).replaceAll("\n", `\n${" ".repeat(names + 2)}`)}${note}`;
    })
    .join("\n");
}

function isBlock(value: unknown): boolean {
  return isRows(value) || (isFacts(value) && !isEmpty(isSchema(value) ? value.properties : value));
}

export function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(toCell).join(", ") || "none";
  if (typeof value === "string") return toPlain(value);
  if (isSchema(value)) return writeFields(value) || "none";
  return isFacts(value) ? pairs(value) || "none" : JSON.stringify(value);
}

function pairs(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${toPlain(name)}=${toCell(value)}`)
    .join(" ");
}

/** The JSON Schema of an object, such as a tool's input. */
interface Schema extends Facts {
  readonly properties: Facts;
}

function isSchema(value: unknown): value is Schema {
  return isFacts(value) && value["type"] === "object" && isFacts(value["properties"]);
}

function fieldsOf({ properties, required }: Schema) {
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([name, property]) => ({
    name: toPlain(name),
    required: needed.includes(name),
    description: isFacts(property) ? property["description"] : undefined,
  }));
}

/** Their names; whoever calls need not give those with a question mark. */
function writeFields(schema: Schema): string {
  return fieldsOf(schema)
    .map(({ name, required }) => `${name}${required ? "" : "?"}`)
    .join(" ");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function isRows(value: unknown): value is readonly Facts[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFacts);
}

function isFacts(value: unknown): value is Facts {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
