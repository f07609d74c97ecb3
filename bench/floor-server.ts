import { readFileSync } from "node:fs";
import { type ListToolsResult, Server } from "@modelcontextprotocol/server";

/**
 * The least that a server of the same SDK can do: it lists tools from a file, and each call is one request to the service.
 *
 * No key, no grant, no policy, no validation, no redaction, no record.
 */
export function openFloor(toolsFile: string, serviceUrl: string): () => Server {
  const { tools } = JSON.parse(readFileSync(toolsFile, "utf8")) as ListToolsResult;
  return () => {
    const server = new Server({ name: "floor", version: "1.0.0" }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler("tools/list", () => ({ tools }));
    server.setRequestHandler("tools/call", async ({ params }) => {
      const answer = await fetch(`${serviceUrl}/items/${String(params.arguments?.["id"])}`, {
        headers: { accept: "application/json", authorization: "Bearer bench" },
      });
      const item = (await answer.json()) as Record<string, unknown>;
      return { content: [{ type: "text", text: JSON.stringify(item) }], structuredContent: item };
    });
    return server;
  };
}
