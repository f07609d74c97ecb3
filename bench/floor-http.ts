import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { openFloor } from "./floor-server.ts";
import { listenOnLoopback } from "./listen.ts";

const [toolsFile = "", serviceUrl = ""] = process.argv.slice(2);
const buildServer = openFloor(toolsFile, serviceUrl);
const modern = createMcpHandler(buildServer, { legacy: "reject" });
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

async function serveSession(request: Request): Promise<Response> {
  const known = sessions.get(request.headers.get("mcp-session-id") ?? "");
  if (known) return known.handleRequest(request);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  await buildServer().connect(transport);
  return transport.handleRequest(request);
}

// Each era has a path of its own, so that neither pays for telling them apart.
const serveModern = toNodeHandler(modern);
const serveLegacy = toNodeHandler({ fetch: serveSession });
await listenOnLoopback(
  createServer((request, response) => {
    const { method = "POST", url = "/" } = request;
    const serve = url === "/session" ? serveLegacy : serveModern;
    void serve(Object.assign(request, { method, url }), response);
  }),
);
