import type * as z from "zod";
import type { Operation } from "./operation.ts";

interface GraphqlSpec<In extends z.ZodObject, Out extends z.ZodType> extends Omit<Operation<In, Out>, "run"> {
  readonly document: string;
  /** The document's variables; the input itself when absent. */
  readonly variables?: (input: z.output<In>) => Readonly<Record<string, unknown>>;
  /** The path inside `data` that holds the result, e.g. `issueCreate.issue`; all of `data` when absent. */
  readonly at?: string;
  /** Where the service takes GraphQL, below the base URL. */
  readonly path?: `/${string}`;
}

/** A GraphQL call as data. An answer with `errors` is a refusal, whatever its HTTP status. */
export function graphql<In extends z.ZodObject, Out extends z.ZodType>(spec: GraphqlSpec<In, Out>): Operation<In, Out> {
  const { document, variables, at, path = "/graphql", ...declared } = spec;
  const keys = ["data", ...(at?.split(".") ?? [])];
  return {
    ...declared,
    async run(input, { http }) {
      const body = { query: document, variables: variables ? variables(input) : input };
      const answer = await http.request("POST", path, { body, answer: "graphql" });
      return keys.reduce<unknown>((node, key) => (node as Record<string, unknown> | null | undefined)?.[key], answer);
    },
  };
}
