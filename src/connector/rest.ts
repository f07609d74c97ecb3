import type * as z from "zod";
import { HubError } from "../errors.ts";
import type { Operation } from "./operation.ts";
import { pathParameters, type RequestLine, splitRequestLine } from "./request-line.ts";

interface RestSpec<In extends z.ZodObject, Out extends z.ZodType, Path extends string> extends Omit<
  Operation<In, Out>,
  "run"
> {
  /** Method and path, e.g. `GET /v1/customers/{id}`. Each `{name}` must be a field of `input`. */
  readonly request: RequestLine<In, Path>;
  /** The call's idempotency key is sent in this header. */
  readonly idempotencyHeader?: string;
  /** Makes the body or the query from the input; by default it is the input less its path fields. */
  readonly send?: (input: z.output<In>, config: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

/** A REST call as data: path fields come from the input; the rest is the query of a GET or DELETE, or else the body. */
export function rest<In extends z.ZodObject, Out extends z.ZodType, const Path extends string>(
  spec: RestSpec<In, Out, Path>,
): Operation<In, Out> {
  const { request, idempotencyHeader, send, ...declared } = spec;
  const [method, template] = splitRequestLine(request);
  const inPath = new Set(pathParameters(template));
  const inQuery = method === "GET" || method === "DELETE";

  return {
    ...declared,
    async run(input, { http, config, idempotencyKey }) {
      const fields: Readonly<Record<string, unknown>> = input;
      const others =
        send?.(input, config) ?? Object.fromEntries(Object.entries(fields).filter(([name]) => !inPath.has(name)));
      return http.request(method, fillPath(template, fields), {
        ...(idempotencyHeader !== undefined && { headers: { [idempotencyHeader]: idempotencyKey } }),
        ...(inQuery ? { query: others } : { body: others }),
      });
    },
  };
}

/** Fills `{name}` with encoded fields; a value that would change the path's shape is refused. */
function fillPath(template: string, fields: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(fields[name]);
    if (value === "" || value === "." || value === "..") {
      throw new HubError("invalid_input", `${name} is "${value}", which can't be part of an address.`);
    }
    return encodeURIComponent(value);
  });
}
