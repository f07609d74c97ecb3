import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { requireScope } from "../../access/principal.ts";
import { callerOf } from "../../actions/reach.ts";
import type { ProxyResult } from "../../call/proxy.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { LIMIT_HEADERS, type RateLimits } from "../rest/rate-limits.ts";
import { identify } from "./admit.ts";

/** What a request for the proxy is about. */
interface ProxyAddress {
  /** An id, a service, or `service:label`. */
  readonly integration: string;
  /** Path and query as they were written. */
  readonly target: string;
}

/** Reads the address of a request before anyone tidies it; undefined where it is not the proxy's. */
export function readProxyAddress(url: string): ProxyAddress | undefined {
  const [, name, target = ""] = /^\/v1\/proxy\/([^/?#]+)(.*)$/s.exec(url) ?? [];
  return name === undefined ? undefined : { integration: decode(name), target };
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new HubError("invalid_input", "The integration's name is not encoded properly.", {
      hint: "Give it as an id, a service or service:label, percent-encoded.",
      cause,
    });
  }
}

/** Passes a request on to a service, and the answer back, both while they come. */
export async function serveProxy(
  hub: Hub,
  limits: RateLimits,
  request: IncomingMessage,
  response: ServerResponse,
  address: ProxyAddress,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new HubError("cancelled", "The caller went away.")));
  const principal = await identify(hub, limits, request, response);
  requireScope(principal, "proxy");
  checkUpgrade(request);
  const profile = request.headers["patchbay-profile"];
  const context = hub.contextOf(principal, gone.signal);
  const result = await hub.calls.proxy({
    ...address,
    ...readBody(request),
    caller: await callerOf(context, typeof profile === "string" ? profile : undefined),
    method: request.method ?? "",
    headers: readHeaders(request),
    signal: gone.signal,
  });
  closeUnlessRead(request, response);
  await sendResult(response, result);
}

/** What is left of a body will not be read, so its connection can't be used again. */
export function closeUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  if (!request.complete) response.setHeader("connection", "close");
}

function checkUpgrade({ headers }: IncomingMessage): void {
  if (headers.upgrade === undefined) return;
  throw new HubError("invalid_input", "The proxy opens no WebSocket and changes no protocol.", {
    hint: "Send the request without the header Upgrade.",
  });
}

function readHeaders({ headersDistinct }: IncomingMessage): [string, string][] {
  return Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
}

function readBody(request: IncomingMessage) {
  const bodyBytes = Number(request.headers["content-length"] ?? Number.NaN);
  const hasLength = !Number.isNaN(bodyBytes);
  if (hasLength ? bodyBytes === 0 : request.headers["transfer-encoding"] === undefined) return {};
  // Whoever stops reading it must not end the connection, on which the answer goes back.
  const body = ReadableStream.from<Uint8Array>(request.iterator({ destroyOnReturn: false }));
  return { body, ...(hasLength && { bodyBytes }) };
}

async function sendResult(response: ServerResponse, result: ProxyResult): Promise<void> {
  if (result.status === "approval_pending") {
    const { expiresAt, ...pending } = result;
    response.writeHead(202, { "content-type": "application/json", "cache-control": "no-store" });
    return void response.end(JSON.stringify({ data: { ...pending, expires_at: expiresAt } }));
  }
  const { answer, account } = result;
  // What stands beside a service's answer is what the service says.
  for (const name of LIMIT_HEADERS) response.removeHeader(name);
  response.setHeaders(answer.headers);
  response.setHeader("patchbay-integration", account.integration);
  response.writeHead(answer.status);
  if (!answer.body) return void response.end();
  // Node would hold the head back until there is a body, for which a stream of news may wait long.
  response.flushHeaders();
  await pipeline(Readable.fromWeb(answer.body), response).catch(() => response.destroy());
}
