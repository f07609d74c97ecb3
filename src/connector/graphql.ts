import type * as z from "zod";
import { HubError } from "../errors.ts";
import type { Operation } from "./operation.ts";

interface GraphqlSpec<In extends z.ZodObject, Out extends z.ZodType> extends Omit<Operation<In, Out>, "run"> {
  readonly document: string;
  /** The document's variables; the input itself when absent. */
  readonly variables?: (input: z.output<In>) => Readonly<Record<string, unknown>>;
  /** The path inside `data` that holds the result, e.g. `issueCreate.issue`. */
  readonly at: string;
  /** Where the service takes GraphQL, below the base URL. */
  readonly path?: `/${string}`;
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: string; readonly extensions?: { readonly code?: string } }[];
}

/** A GraphQL call as data. An answer with `errors` is a refusal, whatever its HTTP status. */
export function graphql<In extends z.ZodObject, Out extends z.ZodType>(spec: GraphqlSpec<In, Out>): Operation<In, Out> {
  const { document, variables, at, path = "/graphql", ...declared } = spec;
  return {
    ...declared,
    async run(input, { http }) {
      const body = { query: document, variables: variables ? variables(input) : input };
      const { data, errors } = (await http.request("POST", path, { body })) as GraphqlAnswer;
      if (errors && errors.length > 0) {
        const code = errors[0]?.extensions?.code;
        throw new HubError(
          "service_rejected",
          `The service rejected the query${code === undefined ? "" : `: ${code}`}.`,
          {
            serviceWords: errors
              .map(({ message }) => message ?? "")
              .join("; ")
              .slice(0, 500),
          },
        );
      }
      return at.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], data);
    },
  };
}
