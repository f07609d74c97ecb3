import { Client, type ClientOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";
import type { Caller } from "../call/open-calls.ts";
import { openMcpHttp } from "../faces/mcp/http.ts";
import type { Hub } from "../hub.ts";

interface McpClientOptions extends ClientOptions {
  /** Its endpoint lists this service's tools only. */
  readonly service?: string;
}

/** An MCP client of a profile, in this process and without a network between; closed when the test ends. */
export async function openMcpClient(hub: Hub, caller: Caller, options: McpClientOptions = {}): Promise<Client> {
  const { service, ...clientOptions } = options;
  const mcp = openMcpHttp(hub);
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" }, ...clientOptions });
  onTestFinished(async () => {
    await client.close();
    await mcp.close();
  });
  await client.connect(
    new StreamableHTTPClientTransport(new URL("http://hub/mcp"), {
      fetch(url, init) {
        const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
        return mcp.serve(new Request(url, init), caller, body, service);
      },
    }),
  );
  return client;
}
