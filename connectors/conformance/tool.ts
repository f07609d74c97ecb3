import * as z from "zod";
import { type CallContext, type Client, Contents, HubError, operation, type Operation } from "#connector";

type Content = Contents["content"];

/** An operation that takes nothing and answers with blocks. */
export function tool(
  summary: string,
  answer: (context: CallContext) => Content | Promise<Content>,
): Operation<z.ZodObject, typeof Contents> {
  return operation({
    summary,
    effect: "read",
    input: z.object({}),
    output: Contents,
    run: async (_input, context) => ({ content: await answer(context) }),
  });
}

export function text(words: string): Content {
  return [{ type: "text", text: words }];
}

/** The client that called, which only the suite's endpoint lends. */
export function clientOf({ client }: CallContext): Client {
  if (client) return client;
  throw new HubError("invalid_input", "This operation works with the MCP client that called it, and there is none.", {
    hint: "Call it over MCP at /mcp/conformance.",
  });
}
