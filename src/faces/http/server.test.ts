import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openTestHub } from "#testing";
import { createKey, revokeKey } from "../../access/keys.ts";
import { serveHttp } from "./server.ts";

/** A hub that listens, with a profile's key. */
async function arrange({ maxBodyBytes = 1000 } = {}) {
  const hub = await openTestHub({ file: { server: { limits: { maxBodyBytes } } } });
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const caller = await hub.addProfile("coder");
  return { hub, server, caller, url: server.url, key: await hub.addKey(caller) };
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `fetch` would not let a test choose `Host`. */
async function send(url: string, { method = "POST", headers = {}, body = "" }: Sent) {
  const outgoing = request(url, { method, headers: { "content-type": "application/json", ...headers } });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
});

const ACCEPT = { accept: "application/json, text/event-stream" };

test("anyone may ask whether the hub is there", async () => {
  const { url } = await arrange();

  const answer = await send(`${url}/healthz`, { method: "GET" });

  expect(answer).toMatchObject({ status: 200, body: '{"status":"ok"}' });
});

test("a connection is kept for longer than a proxy would keep it", async () => {
  const { url } = await arrange();

  const { headers } = await send(`${url}/healthz`, { method: "GET", headers: { connection: "keep-alive" } });

  expect(headers["keep-alive"]).toBe("timeout=130");
});

test("a profile's key opens a session", async () => {
  const { url, key } = await arrange();

  const answer = await send(`${url}/mcp`, { headers: { ...ACCEPT, ...bearer(key) }, body: INITIALIZE });

  expect(answer).toMatchObject({ status: 200, headers: { "mcp-session-id": expect.any(String) } });
  expect(answer.body).toContain('"name":"patchbay"');
});

test.each([
  ["no key", {}, "The request has no key."],
  ["a key of another scheme", { authorization: "Basic cGI6eA==" }, "The request has no key."],
  ["an unknown key", bearer("pb_live_unknown"), "The key is unknown, revoked or expired."],
])("a request with %s is not let in, and is told how to be", async (_what, headers, detail) => {
  const { url } = await arrange();

  const answer = await send(`${url}/mcp`, { headers, body: INITIALIZE });

  expect(answer).toMatchObject({
    status: 401,
    headers: { "www-authenticate": 'Bearer realm="patchbay"', "content-type": "application/problem+json" },
  });
  expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code: "unauthenticated", detail });
});

test("a revoked key is not let in", async () => {
  const { hub, caller, url } = await arrange();
  const { workspaceId, profileId } = caller;
  const { id, token } = await createKey(hub.hub.store.db, { workspaceId, profileId, mode: "live" });
  await revokeKey(hub.hub, caller, id);

  const answer = await send(`${url}/mcp`, { headers: bearer(token), body: INITIALIZE });

  expect(answer.status).toBe(401);
});

test("an owner's key calls no tools", async () => {
  const { hub, url } = await arrange();
  const { token } = await createKey(hub.hub.store.db, { workspaceId: hub.workspaceId, mode: "live" });

  const answer = await send(`${url}/mcp`, { headers: bearer(token), body: INITIALIZE });

  expect(answer.status).toBe(403);
  expect(JSON.parse(answer.body)).toMatchObject({
    code: "not_granted",
    detail: "This key can't be used by an agent.",
    hint: 'Make one with "patchbay keys create --profile NAME".',
  });
});

test("a profile's key without the scope for it calls no tools", async () => {
  const { hub, caller, url } = await arrange();
  const { workspaceId, profileId } = caller;
  const { token } = await createKey(hub.hub.store.db, { workspaceId, profileId, mode: "live", scopes: ["notify"] });

  const answer = await send(`${url}/mcp`, { headers: bearer(token), body: INITIALIZE });

  expect(answer.status).toBe(403);
});

test.each([
  ["Host", { host: "evil.example" }],
  ["Origin", { origin: "https://evil.example" }],
])("a request with a foreign %s is refused, whatever its key and address", async (name, headers) => {
  const { url, key } = await arrange();

  const answers = await Promise.all(
    ["/mcp", "/healthz", "/nowhere"].map((path) => send(url + path, { headers: { ...headers, ...bearer(key) } })),
  );

  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(answers[0]?.body).toContain(`The request's ${name} is not one of this hub's.`);
});

test.each(["/", "/mcp/", "/mcp/slack/tools", "/mcp/SLACK", "//", "/%"])("there is nothing at %s", async (path) => {
  const { url, key } = await arrange();

  const answer = await sendRaw(url, path, key);

  expect(answer).toMatch(/^HTTP\/1.1 404 /);
  expect(answer).toContain("There is nothing at this address.");
});

/** `request` would tidy the path. */
async function sendRaw(url: string, path: string, key: string): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

test.each(["nope", "constructor"])("there is no endpoint for the unknown service %s", async (service) => {
  const { url, key } = await arrange();

  const answer = await send(`${url}/mcp/${service}`, { headers: bearer(key), body: INITIALIZE });

  expect(answer.status).toBe(404);
  expect(JSON.parse(answer.body)).toMatchObject({
    code: "not_found",
    detail: `Patchbay has no connector for ${service}.`,
  });
});

test.each(["slack", "integrations"])("there is an endpoint for the tools of %s", async (service) => {
  const { url, key } = await arrange();

  const answer = await send(`${url}/mcp/${service}`, { headers: { ...ACCEPT, ...bearer(key) }, body: INITIALIZE });

  expect(answer.status).toBe(200);
});

test.each([
  ["that says its length", {}],
  ["that comes in chunks", { "transfer-encoding": "chunked" }],
])("a body over the limit %s is refused", async (_how, headers) => {
  const { url, key } = await arrange({ maxBodyBytes: 100 });

  const answer = await send(`${url}/mcp`, { headers: { ...ACCEPT, ...headers, ...bearer(key) }, body: INITIALIZE });

  expect(answer.status).toBe(413);
});

test("a body that is not JSON is refused in the words of JSON-RPC", async () => {
  const { url, key } = await arrange();

  const answer = await send(`${url}/mcp`, { headers: { ...ACCEPT, ...bearer(key) }, body: '{"jsonrpc":' });

  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toEqual({
    jsonrpc: "2.0",
    error: { code: -32_700, message: "The body is not JSON." },
    id: null,
  });
});

test("a body of another type is refused", async () => {
  const { url, key } = await arrange();
  const headers = { ...ACCEPT, ...bearer(key), "content-type": "text/plain" };

  const answer = await send(`${url}/mcp`, { headers, body: INITIALIZE });

  expect(answer.status).toBe(415);
});

test.each(["PUT", "PATCH", "OPTIONS"])("%s is no method of MCP", async (method) => {
  const { url, key } = await arrange();

  const answer = await send(`${url}/mcp`, { method, headers: { ...ACCEPT, ...bearer(key) } });

  expect(answer.status).toBe(405);
});

test("an address in use is told with what to do", async () => {
  const { hub, url } = await arrange();
  const { server } = hub.hub.config;
  const config = { ...hub.hub.config, server: { ...server, port: Number(new URL(url).port) } };

  await expect(serveHttp({ ...hub.hub, config })).rejects.toMatchObject({
    code: "unavailable",
    message: `The address ${new URL(url).host} is in use.`,
    hint: "Stop what uses it, or choose another with PATCHBAY_PORT or PATCHBAY_HOST.",
  });
});

test("a stop ends the streams that clients listen on", async () => {
  const { server, url, key } = await arrange();
  const { headers } = await send(`${url}/mcp`, { headers: { ...ACCEPT, ...bearer(key) }, body: INITIALIZE });
  const session = { "mcp-session-id": String(headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
  const listening = request(`${url}/mcp`, { headers: { accept: "text/event-stream", ...session, ...bearer(key) } });
  listening.end();
  const [stream] = (await once(listening, "response")) as [IncomingMessage];

  await server.close();

  await expect(text(stream)).resolves.toBe("");
});
