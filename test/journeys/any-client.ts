import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldStdioTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttpTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { onTestFinished } from "vitest";

/** Where a hub is reached: by HTTP with a key, or by starting its executable. */
export type Address =
  | { readonly url: URL; readonly key: string }
  | { readonly command: string; readonly args: string[]; readonly env: Record<string, string> };

/** What the clients of every version can do, said once. */
export interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(name: string, input: object, options?: { signal?: AbortSignal }): Promise<Record<string, unknown>>;
}

/** What the user of a client answers to a question. */
export type AnswerQuestion = (question: string, url: string | undefined) => "accept" | "decline" | "cancel";

/** Connects a client that is closed when the test ends. Only one that is given a user's answers can ask. */
type Open = (address: Address, onListChanged: () => void, answer?: AnswerQuestion) => Promise<AnyClient>;

const headersOf = (key: string) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

const canAsk = { capabilities: { elicitation: { form: {}, url: {} } } };

/** What a client sends: a form has contents, an address has none. */
function answerWith(answer: AnswerQuestion, params: { message: string; url?: string }) {
  const action = answer(params.message, params.url);
  return params.url === undefined ? { action, content: {} } : { action };
}

const openOld: Open = async (address, onListChanged, answer) => {
  const client = new OldClient({ name: "old", version: "1" }, answer && canAsk);
  if (answer) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => answerWith(answer, params));
  }
  client.setNotificationHandler(ToolListChangedNotificationSchema, onListChanged);
  await client.connect(
    "url" in address ? new OldHttpTransport(address.url, headersOf(address.key)) : new OldStdioTransport(address),
  );
  onTestFinished(() => client.close());
  return {
    listTools: () => client.listTools(),
    callTool: (name, input, options) => client.callTool({ name, arguments: { ...input } }, undefined, options),
  };
};

const openNew =
  (mode: "legacy" | "auto" | { pin: string }): Open =>
  async (address, onListChanged, answer) => {
    const client = new Client(
      { name: "new", version: "1" },
      {
        versionNegotiation: { mode },
        ...(answer && canAsk),
        listChanged: { tools: { autoRefresh: false, debounceMs: 10, onChanged: onListChanged } },
      },
    );
    if (answer) {
      client.setRequestHandler("elicitation/create", ({ params }) => answerWith(answer, params));
    }
    await client.connect(
      "url" in address
        ? new StreamableHTTPClientTransport(address.url, headersOf(address.key))
        : new StdioClientTransport(address),
    );
    onTestFinished(() => client.close());
    return {
      listTools: () => client.listTools(),
      callTool: (name, input, options) => client.callTool({ name, arguments: { ...input } }, options),
    };
  };

/** Every client that the hub promises to serve. */
export const CLIENTS = [
  ["the v1 client", openOld],
  ["the v2 client, legacy", openNew("legacy")],
  ["the v2 client, auto", openNew("auto")],
  ["the v2 client, pinned to 2026-07-28", openNew({ pin: "2026-07-28" })],
] as const satisfies readonly (readonly [string, Open])[];
