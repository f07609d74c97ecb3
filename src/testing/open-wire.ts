import { onTestFinished } from "vitest";
import type { Caller } from "../call/open-calls.ts";
import { openMcpHttp } from "../faces/mcp/http.ts";
import type { Hub } from "../hub.ts";

interface Round {
  readonly tool: string;
  readonly input: object;
  readonly capabilities?: object;
  readonly inputResponses?: object;
  readonly requestState?: unknown;
}

/** What a client of protocol 2026-07-28 sends when it calls a tool, and is answered, word for word. */
export function openWire(hub: Hub): (caller: Caller, round: Round) => Promise<Record<string, unknown>> {
  const mcp = openMcpHttp(hub);
  onTestFinished(() => mcp.close());
  return async (caller, round) => {
    const { tool, input, capabilities = {}, ...rounds } = round;
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": capabilities,
    };
    const params = { name: tool, arguments: input, ...rounds, _meta };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": tool,
    };
    const request = new Request("http://hub/mcp", { method: "POST", headers, body: JSON.stringify(body) });
    const answer = (await (await mcp.serve(request, caller, body)).json()) as Record<string, unknown>;
    return (answer["result"] ?? answer["error"]) as Record<string, unknown>;
  };
}
