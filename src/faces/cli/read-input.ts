import { readFile } from "node:fs/promises";
import type * as z from "zod";
import { HubError } from "../../errors.ts";
import type { Field } from "./fields.ts";
import { onlyOnce, type ReadStdin } from "./read-stdin.ts";

/** What was typed for a field: a text, several, or `true` for a switch. */
type Given = string | readonly string[] | true;

export type Typed = Readonly<Record<string, Given | undefined>>;

/** Turns what was typed into an action's input, checked; whatever is wrong is said of the option it was typed for. */
export async function readInput<Schema extends z.ZodObject>(
  schema: Schema,
  fields: readonly Field[],
  typed: Typed,
  readStdin: ReadStdin,
): Promise<z.output<Schema>> {
  const readOnce = onlyOnce(readStdin);
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const given = typed[field.key];
    if (given === undefined || isNothing(field, given)) continue;
    if (field.name in input) throw contradiction(fields, field.name);
    input[field.name] = await readValue(field, given, readOnce);
  }
  const parsed = schema.strict().safeParse(input);
  if (parsed.success) return parsed.data as z.output<Schema>;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const isMissing = path.length === 1 && !(String(path[0]) in input);
    return isMissing ? `${nameOf(fields, path)} is missing` : `${nameOf(fields, path)}: ${message}`;
  });
  throw new HubError("invalid_input", `The command can't be run: ${problems.join("; ")}.`, {
    hint: "Add --help to see what it takes.",
  });
}

/** Where nothing is typed by position there is an empty list, which is not to mean that one was given. */
function isNothing({ positional }: Field, given: Given): boolean {
  return positional && Array.isArray(given) && given.length === 0;
}

function contradiction(fields: readonly Field[], name: string): HubError {
  const flags = fields.filter((field) => field.name === name).map(({ flag }) => flag);
  return new HubError("invalid_input", `${flags.join(" and ")} contradict each other.`, { hint: "Give one of them." });
}

function nameOf(fields: readonly Field[], [name, ...rest]: readonly PropertyKey[]): string {
  const flags = fields.filter((field) => field.name === name).map(({ flag }) => flag);
  return [flags.join(" or ") || String(name), ...rest.filter((part) => typeof part === "string")].join(" ");
}

async function readValue(field: Field, given: Given, readStdin: ReadStdin): Promise<unknown> {
  if (field.kind === "switch") return field.means;
  if (field.kind === "pairs") return readPairs(field, given, readStdin);
  if (field.kind === "settings") {
    const pairs = Object.entries(await readPairs(field, given, readStdin));
    // The hub knows which settings are texts: the id 1234567890123456789 would not survive as a number.
    return Object.fromEntries(pairs.map(([name, text]) => [name, text === "null" ? null : text]));
  }
  if (typeof given !== "string") return given;
  if (field.kind === "secret") return given === "-" ? readStdin() : given;
  if (field.kind === "number") return /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
  return field.kind === "json" ? readJson(field, given, readStdin) : given;
}

async function readPairs({ flag }: Field, given: Given, readStdin: ReadStdin): Promise<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const pair of Array.isArray(given) ? given : []) {
    const at = pair.indexOf("=");
    // What was typed may be a secret whose name was forgotten, so it is not repeated.
    if (at < 1)
      throw new HubError("invalid_input", `${flag} takes NAME=VALUE.`, { hint: `Give it as ${flag} NAME=VALUE.` });
    const value = pair.slice(at + 1);
    pairs.push([pair.slice(0, at), value === "-" ? await readStdin() : value]);
  }
  return Object.fromEntries(pairs);
}

async function readJson({ flag }: Field, given: string, readStdin: ReadStdin): Promise<unknown> {
  const text = given === "-" ? await readStdin() : given.startsWith("@") ? await readText(given.slice(1)) : given;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HubError("invalid_input", `${flag} is not JSON.`, {
      hint: `Quote it for the shell, as in ${flag} '{"title":"Hello"}', or give a file as ${flag} @FILE.`,
      cause,
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new HubError("invalid_input", `The file ${path} can't be read.`, {
      hint: "Name a file that may be read.",
      cause,
    });
  }
}
