import { Agent, request as sendRequest } from "node:http";

/** One JSON-RPC message on its way over HTTP. */
export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where a server listens, and the key it wants. */
export interface Address {
  readonly url: string;
  readonly key?: string;
}

const MODERN = "2026-07-28";
const LEGACY = "2025-11-25";
const CLIENT = { name: "bench", version: "1.0.0" };

/** What is called where a call is measured. */
export const CALL = { name: "mcp__bench__read_item_1", arguments: { id: "42" } };

/** What protocol 2026-07-28 wants in every message. */
export function modernBody(method: string, params: object = {}): string {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
  };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
}

/** The messages of 2025-11-25 up to the first list, in the order in which a client sends them. */
export const LEGACY_START = [
  { id: 0, method: "initialize", params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT } },
  { method: "notifications/initialized" },
  { id: 1, method: "tools/list", params: {} },
].map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }));

/** A message that stands alone, as 2026-07-28 has them. */
export function modernMessage({ url, key }: Address, method: string, params: { readonly name?: string } = {}): Message {
  const headers = {
    ...commonHeaders(key),
    "mcp-protocol-version": MODERN,
    "mcp-method": method,
    ...(params.name !== undefined && { "mcp-name": params.name }),
  };
  return { url, headers, body: modernBody(method, params) };
}

/** Opens a session of 2025-11-25, and gives what makes further messages of it. */
export async function openSession({ url, key }: Address): Promise<(method: string, params?: object) => Message> {
  const agent = new Agent({ keepAlive: true });
  const [initialize = "", initialized = ""] = LEGACY_START;
  const { headers } = await post(agent, { url, headers: commonHeaders(key), body: initialize });
  const session = {
    ...commonHeaders(key),
    "mcp-protocol-version": LEGACY,
    "mcp-session-id": String(headers["mcp-session-id"]),
  };
  await post(agent, { url, headers: session, body: initialized });
  agent.destroy();
  // Within a session answers are told apart by the id.
  let id = 1;
  return (method, params = {}) => ({
    url,
    headers: session,
    body: JSON.stringify({ jsonrpc: "2.0", id: id++, method, params }),
  });
}

function commonHeaders(key: string | undefined): Record<string, string> {
  return {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
}

interface Answer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a message and waits for the whole answer. Throws for a refusal: an error would be a fast answer. */
export function post(agent: Agent, { url, headers, body }: Message): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const length = { "content-length": Buffer.byteLength(body) };
  const request = sendRequest(url, { agent, method: "POST", headers: { ...headers, ...length } }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const isRefused = (response.statusCode ?? 500) >= 300 || /"isError":true|"error":\{/.test(text);
      if (isRefused) reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 300)}`));
      else resolve({ headers: response.headers, text });
    });
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}
