import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Decidable } from "../../access/decision-links.ts";
import { knowsService } from "../../actions/call-tool.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { isForNews, type McpHttp, openMcpHttp } from "../mcp/http.ts";
import { requireCaller } from "../mcp/server.ts";
import { openDecisions } from "../pages/decisions.ts";
import { openCallback } from "../pages/oauth-callback.ts";
import { openRest } from "../rest/open-rest.ts";
import { openRateLimits } from "../rest/rate-limits.ts";
import { joinTrace } from "../../telemetry/trace.ts";
import { answerBy } from "./answer-by.ts";
import { type Answers, openAnswers } from "./answers.ts";
import { serveAuditExport } from "./audit-export.ts";
import { bearerToken } from "./bearer-token.ts";
import { openGuard } from "./guard.ts";
import { listen } from "./listen.ts";
import { closeUnlessRead, readProxyAddress, serveProxy } from "./proxy.ts";
import { serveMessageStream } from "./message-stream.ts";
import { openReadiness, type Readiness, type Report } from "./readiness.ts";
import { problemHeaders, toProblem } from "./problem.ts";
import { readText } from "./read-text.ts";
import { readWebhookAddress, serveWebhook } from "./webhooks.ts";

export interface HttpServer {
  /** Where it listens, e.g. `http://127.0.0.1:7300`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than a proxy keeps an idle connection (Caddy: two minutes), lest the hub closes it just as a request comes. */
const KEPT_MS = 130_000;

/**
 * Serves the hub over HTTP until it is closed.
 *
 * Closing says at once that the hub is not ready, lets the calls under way finish, and then ends the streams of those who
 * wait for news.
 */
export async function serveHttp(hub: Hub): Promise<HttpServer> {
  const { host, port } = hub.config.server;
  const mcp = openMcpHttp(hub);
  const readiness = openReadiness(hub);
  const answers = openAnswers();
  const route = openRoutes(hub, mcp, { readiness, waitsForNews: answers.waitsForNews });
  const server = createServer({ keepAliveTimeout: KEPT_MS }, (request, response) => {
    answers.add(response);
    // The client, or the balancer before it, makes its next request elsewhere.
    if (readiness.isStopping()) response.setHeader("connection", "close");
    joinTrace(request.headers, () => route(request, response)).catch((error: unknown) =>
      sendProblem(hub, response, hub.asHubError(error)),
    );
  });
  const url = await listen(server, host, port, "PATCHBAY_PORT or PATCHBAY_HOST");
  hub.listensAt(url);
  return {
    url,
    async close() {
      await readiness.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      hub.inbound.stopWaiting();
      await answers.finished();
      await mcp.close();
      await answers.ended();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Serving {
  readonly readiness: Readiness;
  readonly waitsForNews: Answers["waitsForNews"];
}

function openRoutes(hub: Hub, mcp: McpHttp, { readiness, waitsForNews }: Serving): Route {
  const guard = openGuard(hub.config.server.host, hub.config.server.publicUrl);
  const serveMcp = openMcpRoute(hub, mcp, waitsForNews);
  const servePage = openPageRoute(hub);
  const limits = openRateLimits(hub.config.server.limits.requestsPerMinute);
  const serveRest = openRest(hub, limits);
  return async (request, response) => {
    guard(request.headers);
    const path = URL.parse(request.url ?? "/", "http://hub")?.pathname ?? "";
    if (path === "/healthz") return sendJson(response, 200, { status: "ok" });
    if (path === "/readyz") return sendReport(response, await readiness.check());
    if (/^\/v1\/audit\/export(?:\?|$)/.test(request.url ?? "")) return serveAuditExport(hub, limits, request, response);
    const proxied = readProxyAddress(request.url ?? "/");
    if (proxied) return serveProxy(hub, limits, request, response, proxied);
    const page = readPagePath(path);
    if (page) return servePage(request, response, page);
    const hooked = readWebhookAddress(path);
    if (hooked !== undefined) return serveWebhook(hub, request, response, hooked);
    if (path === "/v1/messages/stream") return serveMessageStream(hub, limits, request, response);
    const [, service] = /^\/mcp(?:\/([a-z0-9_]+))?$/.exec(path) ?? [];
    if (path === "/mcp" || service !== undefined) return serveMcp(request, response, service);
    if (path === "/docs" || /^\/v1(\/|$)/.test(path)) return serveRest(request, response);
    throw new HubError("not_found", "There is nothing at this address.", {
      hint: `MCP is at ${hub.publicUrl()}/mcp, and the API is described at ${hub.publicUrl()}/docs.`,
    });
  };
}

/** A page for people: one on which an owner decides, or the one to which services send browsers back. */
type PagePath = { readonly kind: Decidable; readonly id: string } | { readonly callback: string };

function readPagePath(path: string): PagePath | undefined {
  const [, callback] = /^\/oauth\/callback\/([a-z0-9_]{1,16})$/.exec(path) ?? [];
  if (callback !== undefined) return { callback };
  const [, kind, id] = /^\/(approvals|requests|integrations)\/((?:apr|req|int)_\w{26})$/.exec(path) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind: kind as Decidable, id };
}

/** Pages of which each link is its own key. */
function openPageRoute(
  hub: Hub,
): (request: IncomingMessage, response: ServerResponse, path: PagePath) => Promise<void> {
  const serveDecision = openDecisions(hub);
  const serveCallback = openCallback(hub);
  return (request, response, path) => {
    const answer = answerBy(hub, (page) =>
      "callback" in path ? serveCallback(page, path.callback) : serveDecision(page, path.kind, path.id),
    );
    return answer(request, response);
  };
}

type McpRoute = (request: IncomingMessage, response: ServerResponse, service: string | undefined) => Promise<void>;

/** Authenticates before the body is read, so that a stranger can't make the hub read one. */
function openMcpRoute(hub: Hub, mcp: McpHttp, waitsForNews: Answers["waitsForNews"]): McpRoute {
  const { maxBodyBytes } = hub.config.server.limits;
  return async (request, response, service) => {
    const caller = requireCaller(await hub.authenticate(bearerToken(request.headers.authorization)));
    if (service !== undefined && !knowsService(hub, service)) {
      throw new HubError("not_found", `Patchbay has no connector for ${service}.`, {
        hint: `MCP with all tools is at ${hub.publicUrl()}/mcp.`,
      });
    }
    const answer = answerBy(hub, async (asked) => {
      const body = asked.method === "POST" ? parseJson(await readText(asked, maxBodyBytes)) : undefined;
      if (body === NOT_JSON) return notJson();
      if (isForNews(asked.method, body)) waitsForNews(response);
      return mcp.serve(asked, caller, body, service);
    });
    await answer(request, response);
  };
}

const NOT_JSON = Symbol("not JSON");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

function notJson(): Response {
  const error = { code: -32700, message: "The body is not JSON." };
  return Response.json({ jsonrpc: "2.0", error, id: null }, { status: 400 });
}

function sendReport(response: ServerResponse, report: Report): void {
  sendJson(response, report.status === "ready" ? 200 : 503, report, {
    "content-type": "application/json",
    "cache-control": "no-store",
  });
}

function sendProblem(hub: Hub, response: ServerResponse, error: HubError): void {
  if (response.headersSent) return void response.destroy();
  closeUnlessRead(response.req, response);
  const problem = toProblem(error, `${hub.publicUrl()}/docs`);
  sendJson(response, problem.status, problem, problemHeaders(problem));
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): void {
  response.writeHead(status, headers);
  response.end(JSON.stringify(body));
}
