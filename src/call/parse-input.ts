import type * as z from "zod";
import { HubError } from "../errors.ts";

const DEPTH_LIMIT = 64;

const strict = new WeakMap<z.ZodObject, z.ZodObject>();

/** Parses what an agent sent; unknown fields are refused, since a misspelt one would otherwise be silently dropped. */
export function parseInput<Schema extends z.ZodObject>(what: string, schema: Schema, input: unknown): z.output<Schema> {
  checkDepth(what, input);
  let parser = strict.get(schema);
  if (!parser) strict.set(schema, (parser = schema.strict()));
  const parsed = parser.safeParse(input ?? {});
  if (parsed.success) return parsed.data as z.output<Schema>;

  const problems = parsed.error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  throw new HubError("invalid_input", `The input of ${what} is wrong: ${problems.join("; ")}.`, {
    hint: `Its fields are ${Object.keys(schema.shape).join(", ") || "none"}.`,
  });
}

/** Walks without recursion: what a client nests deeply enough would end the stack of everything after this. */
function checkDepth(what: string, input: unknown): void {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_LIMIT) {
      throw new HubError("invalid_input", `The input of ${what} is nested more than ${DEPTH_LIMIT} levels deep.`, {
        hint: "Send it less deep, or the inner part as a text.",
      });
    }
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
}
