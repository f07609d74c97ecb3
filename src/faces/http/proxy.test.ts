import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { openTestHub } from "#testing";
import { createKey } from "../../access/keys.ts";
import type { Scope } from "../../access/principal.ts";
import { serveHttp } from "./server.ts";

const TOKEN = "ghp_sentinel0123456789sentinel0123456789";

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A hub that listens, with a GitHub whose answers are written by hand and a key for its proxy. */
async function arrange(
  serve: Serve = (_, response) => response.end("ok"),
  { maxBodyBytes = 1000, requestsPerMinute = 600 } = {},
) {
  const seen: string[] = [];
  const service = createServer((incoming, response) => {
    if (incoming.url === "/api/user") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: 1, login: "octo" }));
    } else {
      seen.push(`${incoming.method} ${incoming.url}`);
      serve(incoming, response);
    }
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  const hub = await openTestHub({ file: { server: { limits: { maxBodyBytes, requestsPerMinute } } } });
  const server = await serveHttp(hub.hub);
  onTestFinished(async () => {
    service.closeAllConnections();
    service.close();
    await server.close();
  });
  const caller = await hub.addProfile("coder");
  const address = service.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const integration = await hub.connect("github", `${origin}/api`, { GITHUB_TOKEN: TOKEN });
  await hub.grant(caller, integration);
  const addKey = async (scopes: readonly Scope[], profileId?: string) => {
    const spec = { workspaceId: hub.workspaceId, mode: "live", scopes, ...(profileId && { profileId }) } as const;
    return (await createKey(hub.hub.store.db, spec)).token;
  };
  const key = await addKey(["proxy"], caller.profileId);
  return { hub, server, url: server.url, integration, caller, key, addKey, seen };
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `fetch` would tidy paths and headers. */
function open(url: string, path: string, key: string, { method = "GET", headers = {} }: Sent = {}) {
  return request(url, { path, method, headers: { authorization: `Bearer ${key}`, ...headers } });
}

async function send(url: string, path: string, key: string, sent: Sent = {}) {
  const outgoing = open(url, path, key, sent);
  outgoing.end(sent.body ?? "");
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

async function sendRaw(url: string, lines: readonly string[]): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end([lines[0], `Host: ${host}`, "Connection: close", ...lines.slice(1), "", ""].join("\r\n"));
  return text(socket);
}

test("a service's own API is called with its credential and answered without", async () => {
  const { url, key, integration } = await arrange((incoming, response) =>
    response
      .writeHead(201, { "content-type": "application/json", "set-cookie": "a=b", etag: '"1"' })
      .end(JSON.stringify({ method: incoming.method, url: incoming.url, headers: incoming.headers })),
  );

  const answer = await send(url, "/v1/proxy/github/repos/a%2Fb?x=1&y=%20", key, {
    headers: { cookie: "c=d", "x-own": "1" },
  });

  expect(answer).toMatchObject({
    status: 201,
    headers: {
      etag: '"1"',
      "patchbay-integration": integration.id,
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringContaining("sandbox"),
    },
  });
  expect(answer.headers).not.toHaveProperty("set-cookie");
  expect(JSON.parse(answer.body)).toMatchObject({
    url: "/api/repos/a%2Fb?x=1&y=%20",
    headers: { authorization: "[redacted]", "x-own": "1" },
  });
  expect(answer.body).not.toContain("c=d");
  expect(answer.body).not.toContain(key);
});

test.each([
  "/v1/proxy/github/../../../mcp",
  "/v1/proxy/github/a/../../b",
  "/v1/proxy/github/%2e%2e/%2e%2e/user",
  "/v1/proxy/github/%252e%252e/x",
  "/v1/proxy/github/a/..;/b",
  "/v1/proxy/github//evil.example/x",
  "/v1/proxy/github/https://evil.example/",
  "/v1/proxy/github/%5c..%5cx",
  "/v1/proxy/github/a%2f..%2f..%2fx",
])("GET %s reaches nothing", async (path) => {
  const { url, key, seen } = await arrange();

  const answer = await send(url, path, key);

  expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, "address_refused"]);
  expect(seen).toEqual([]);
});

test.each([
  ["a fragment", "/v1/proxy/github/a#b"],
  ["an encoded line break", "/v1/proxy/github/a%0d%0ax-injected:%201"],
  ["an encoded zero", "/v1/proxy/github/a%00b"],
  ["bytes that are no UTF-8", "/v1/proxy/github/%c0%ae%c0%ae"],
  ["an at sign in the place of a slash", "/v1/proxy/github@evil.example/x"],
  ["a name that is not encoded properly", "/v1/proxy/%zz/x"],
])("a path with %s reaches nothing", async (_what, path) => {
  const { url, key, seen } = await arrange();

  const answer = await send(url, path, key);

  expect([400, 403]).toContain(answer.status);
  expect(seen).toEqual([]);
});

test.each([
  ["GET http://evil.example/v1/proxy/github/x HTTP/1.1", 404],
  ["GET //v1/proxy/github/x HTTP/1.1", 404],
  ["GET \\v1\\proxy\\github\\x HTTP/1.1", 400],
  ["GET /v1/proxy/github/a b HTTP/1.1", 400],
  ["GET /v1/proxy/github/\u00e4 HTTP/1.1", 400],
  ["TRACE /v1/proxy/github/x HTTP/1.1", 405],
  ["GET /v1/proxy HTTP/1.1", 404],
  ["GET /v1/proxy/ HTTP/1.1", 404],
])("%s is answered with %i", async (line, status) => {
  const { url, key, seen } = await arrange();

  const answer = await sendRaw(url, [line, `Authorization: Bearer ${key}`]);

  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).not.toContain(TOKEN);
  expect(seen).toEqual([]);
});

test("CONNECT opens no tunnel", async () => {
  const { url, key, seen } = await arrange();

  const answer = await sendRaw(url, ["CONNECT evil.example:443 HTTP/1.1", `Authorization: Bearer ${key}`]);

  expect(answer).not.toMatch(/^HTTP\/1.1 2/);
  expect(seen).toEqual([]);
});

test("an upgrade to another protocol is refused", async () => {
  const { url, key, seen } = await arrange();

  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "x",
  };
  const answer = await send(url, "/v1/proxy/github/socket", key, { headers });

  expect([answer.status, JSON.parse(answer.body).detail]).toEqual([
    400,
    "The proxy opens no WebSocket and changes no protocol.",
  ]);
  expect(seen).toEqual([]);
});

test("without a key nothing is answered but that one is needed", async () => {
  const { url, seen } = await arrange();

  const answers = await Promise.all(
    [{}, { authorization: "Basic eDp5" }, { authorization: "Bearer pb_live_unknown" }].map((headers) =>
      send(url, "/v1/proxy/github/x", "", { headers: { authorization: "", ...headers } }),
    ),
  );

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(seen).toEqual([]);
});

test("a key without the scope proxy is refused", async () => {
  const { url, addKey, caller, seen } = await arrange();
  const key = await addKey(["tools", "integrations:read"], caller.profileId);

  const answer = await send(url, "/v1/proxy/github/x", key);

  expect([answer.status, JSON.parse(answer.body).detail]).toEqual([403, "The key lacks the scope proxy."]);
  expect(seen).toEqual([]);
});

test("an owner's key says as which profile, and can do no more than that", async () => {
  const { url, addKey, hub, seen } = await arrange();
  await hub.addProfile("other");
  const key = await addKey(["proxy"]);
  const as = (profile: string) => ({ headers: { "patchbay-profile": profile } });

  const answers = await Promise.all([
    send(url, "/v1/proxy/github/x", key),
    send(url, "/v1/proxy/github/x", key, as("other")),
    send(url, "/v1/proxy/github/x", key, as("coder")),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([400, 403, 200]);
  expect(seen).toEqual(["GET /api/x"]);
});

test("a profile's key is no other profile's", async () => {
  const { url, addKey, hub, seen } = await arrange();
  const other = await hub.addProfile("other");
  const key = await addKey(["proxy"], other.profileId);

  const answers = await Promise.all([
    send(url, "/v1/proxy/github/x", key),
    send(url, "/v1/proxy/github/x", key, { headers: { "patchbay-profile": "coder" } }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([403, 404]);
  expect(seen).toEqual([]);
});

test.each([
  ["the service's own words", 404, '{"message":"Not Found"}'],
  ["the service's own refusal of the credential", 401, '{"message":"Bad credentials"}'],
])("%s come through, marked as the service's", async (_what, status, body) => {
  const { url, key, integration } = await arrange((_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(body),
  );

  const answer = await send(url, "/v1/proxy/github/x", key);

  expect(answer).toMatchObject({ status, body, headers: { "patchbay-integration": integration.id } });
});

test("the proxy and the rest of the API share what a key may do in a minute", async () => {
  const { url, key, seen } = await arrange(undefined, { requestsPerMinute: 2 });

  const answers = [
    await send(url, "/v1/proxy/github/x", key),
    await send(url, "/v1/tools", key),
    await send(url, "/v1/proxy/github/x", key),
  ];

  expect(answers.map(({ status }) => status)).toEqual([200, 403, 429]);
  expect(answers[2]?.headers).toHaveProperty("retry-after");
  expect(answers.map(({ headers }) => "ratelimit" in headers)).toEqual([false, true, true]);
  expect(seen).toHaveLength(1);
});

test("bodies stream both ways", async () => {
  const { url, key } = await arrange((incoming, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    incoming.pipe(response);
  });
  const outgoing = open(url, "/v1/proxy/github/echo", key, { method: "POST" });

  outgoing.write("data: 1\n\n");
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const [first] = (await once(answer, "data")) as [Buffer];
  outgoing.write("data: 2\n\n");
  const [second] = (await once(answer, "data")) as [Buffer];
  outgoing.end();
  await once(answer, "end");

  expect([first, second].map(String)).toEqual(["data: 1\n\n", "data: 2\n\n"]);
});

test("the head of an answer is there before its body", async () => {
  const { url, key } = await arrange((_, response) => response.writeHead(200, { "x-early": "1" }).flushHeaders());
  const outgoing = open(url, "/v1/proxy/github/events", key);
  outgoing.end();

  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  outgoing.destroy();

  expect(answer.headers["x-early"]).toBe("1");
});

test("a caller that goes away ends the call to the service, which is on record", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { hub, url, key } = await arrange((_, response) => {
    response.once("close", resolve);
    response.writeHead(200).write("begun ");
  });
  const outgoing = open(url, "/v1/proxy/github/long", key);
  outgoing.end();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  await once(answer, "data");

  outgoing.destroy();
  await promise;

  await expect.poll(() => lastOutcome(hub)).toMatchObject({ status: "failed", code: "cancelled", bytes: 6 });
});

async function lastOutcome({ hub, workspaceId }: Awaited<ReturnType<typeof openTestHub>>): Promise<unknown> {
  await hub.audit.flush();
  const [last] = await hub.audit.list({ workspaceId, action: "call.outcome", limit: 1 });
  return last && JSON.parse(last.details);
}

test("an answer that breaks off breaks off for its caller, too", async () => {
  const { hub, url, key } = await arrange((_, response) => {
    response.writeHead(200).write("begun ");
    setImmediate(() => response.destroy());
  });

  await expect(send(url, "/v1/proxy/github/x", key)).rejects.toThrow("aborted");

  expect(await lastOutcome(hub)).toMatchObject({ status: "failed", code: "service_failed", httpStatus: 200 });
});

test.each([
  ["that says its length", { "content-length": "2000" }],
  ["that comes in chunks", { "transfer-encoding": "chunked" }],
])("a body over the limit %s is refused", async (_how, headers) => {
  const { url, key } = await arrange((incoming, response) => incoming.resume().on("end", () => response.end()));

  const outgoing = open(url, "/v1/proxy/github/x", key, { method: "POST", headers });
  outgoing.write("x".repeat(1999));
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const said = await text(answer);
  outgoing.destroy();

  expect([answer.statusCode, JSON.parse(said).code]).toEqual([413, "too_large"]);
  expect(answer.headers.connection).toBe("close");
});

test("a service that answers before it has read everything is heard", async () => {
  const { url, key } = await arrange((_, response) =>
    response.writeHead(400, { connection: "close" }).end("no, thank you"),
  );
  const outgoing = open(url, "/v1/proxy/github/x", key, { method: "POST" });
  outgoing.write("first");

  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const said = await text(answer);
  outgoing.destroy();

  expect([answer.statusCode, said]).toEqual([400, "no, thank you"]);
});

test("what waits for the owner is answered with where it can be decided", async () => {
  const { url, key, integration, seen } = await arrange();

  const answer = await send(url, "/v1/proxy/github:octo/repos/acme/web", key, { method: "DELETE" });

  expect(answer.status).toBe(202);
  expect(JSON.parse(answer.body)).toEqual({
    data: {
      status: "approval_pending",
      approval: expect.stringMatching(/^apr_/),
      url: expect.stringContaining("/approvals/apr_"),
      expires_at: expect.any(String),
      account: { service: "github", label: "octo", integration: integration.id },
    },
  });
  expect(seen).toEqual([]);
});

test.each(["HEAD", "OPTIONS", "PROPFIND", "PUT", "PATCH"])("%s passes", async (method) => {
  const { url, key, seen } = await arrange();

  const answer = await send(url, "/v1/proxy/github/x", key, { method });

  expect([answer.status, seen]).toEqual([200, [`${method} /api/x`]]);
});
