import type * as z from "zod";
import type { Method } from "./operation.ts";

type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameter<Rest>
  : never;

/** Method and path as one literal, e.g. `GET /customers/{id}`. Each `{name}` must be a field of the input. */
export type RequestLine<In extends z.ZodObject, Path extends string> = `${Method} ${Path}` &
  (PathParameter<Path> extends keyof z.output<In> ? unknown : never);

export function splitRequestLine(line: string): [Method, string] {
  const space = line.indexOf(" ");
  return [line.slice(0, space) as Method, line.slice(space + 1)];
}

/** The names of a path's parameters, in order. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}
