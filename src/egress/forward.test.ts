import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { apiKey } from "#connector";
import { startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { forwardCall, type ProxiedCall } from "./forward.ts";
import { type EgressOptions, openEgress } from "./open-egress.ts";
import { readTarget } from "./proxied-target.ts";

const TOKEN = "token-0123456789";

/** Passes one call on. */
function forward(url: string, target: string, parts: Partial<ProxiedCall> = {}, options: Partial<EgressOptions> = {}) {
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"], ...options });
  onTestFinished(() => egress.close());
  const call = { ...makeTarget(url), method: "GET", target: readTarget(target), headers: [], ...parts };
  return forwardCall(egress, call);
}

/** A server whose answers are written by hand. */
async function startRaw(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

const bodyOf = async ({ body }: { body: ReadableStream<Uint8Array> | null }) => text(body ?? ReadableStream.from([]));

test("a call is passed on with the credential, to the very path and query", async () => {
  await using service = await startService({ "GET /base/a%2Fb/@c": { found: true } });

  const answer = await forward(`${service.url}/base`, "/a%2fb/@c?q=a%20b&q=c&r=%2e%2e/x");

  expect(answer.status).toBe(200);
  expect(await bodyOf(answer)).toBe('{"found":true}');
  expect(service.exchanges).toMatchObject([
    { path: "/base/a%2Fb/@c", query: { q: ["a b", "c"], r: "../x" }, headers: { authorization: `Bearer ${TOKEN}` } },
  ]);
});

test("the path / is the base URL itself", async () => {
  await using service = await startService({ "GET /base": "root" });

  const answer = await forward(`${service.url}/base`, "/");

  expect(await bodyOf(answer)).toBe('"root"');
});

test.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "REPORT", "QUERY"])(
  "%s passes with its body",
  async (method) => {
    const seen: unknown[] = [];
    const url = await startRaw(async (request, response) => {
      seen.push([
        request.method,
        await text(request),
        request.headers["content-type"],
        request.headers["content-length"],
      ]);
      response.writeHead(207).end();
    });
    const headers = [["Content-Type", "text/x"]] as const;

    const answer = await forward(url, "/x", { method, headers, body: Buffer.from("hello"), effect: "write" });

    expect(answer.status).toBe(207);
    expect(seen).toEqual([[method, "hello", "text/x", "5"]]);
  },
);

test("a body is sent while it is still being written, and an answer read while it still comes", async () => {
  const url = await startRaw((request, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    request.pipe(response);
  });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const answering = forward(url, "/echo", { method: "POST", body: readable });

  await writer.write(Buffer.from("first "));
  const { body } = await answering;
  const reader = body?.getReader();
  const first = await reader?.read();
  await writer.write(Buffer.from("second."));
  const second = await reader?.read();
  await writer.close();

  expect([first, second].map((read) => Buffer.from(read?.value ?? []).toString())).toEqual(["first ", "second."]);
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
});

test("a stream whose length is known is sent with it, another in chunks", async () => {
  const seen: unknown[] = [];
  const url = await startRaw(async (request, response) => {
    const { "content-length": length, "transfer-encoding": encoding } = request.headers;
    seen.push([length, encoding, await text(request)]);
    response.end();
  });
  const body = () => ReadableStream.from([Buffer.from("hel"), Buffer.from("lo")]);

  await forward(url, "/x", { method: "POST", body: body(), bodyBytes: 5 });
  await forward(url, "/x", { method: "POST", body: body() });

  expect(seen).toEqual([
    ["5", undefined, "hello"],
    [undefined, "chunked", "hello"],
  ]);
});

test("a caller's own credentials and names are not sent", async () => {
  await using service = await startService({ "GET /": "ok" });
  const headers = [
    ["Authorization", "Bearer caller"],
    ["Cookie", "caller=1"],
    ["Host", "evil.example"],
    ["accept", "text/x"],
  ] as const;

  await forward(service.url, "/", { headers });

  const [{ headers: sent } = { headers: {} }] = service.exchanges;
  expect(sent).toMatchObject({ authorization: `Bearer ${TOKEN}`, accept: "text/x", host: service.host });
  expect(sent).not.toHaveProperty("cookie");
});

test("a caller's own value of the credential's query parameter is replaced, every one of them", async () => {
  await using service = await startService({ "GET /": "ok" });
  const auth = [apiKey({ env: "DEMO_TOKEN", label: "Token", placement: { query: "key" } })];

  await forward(service.url, "/?key=mine&a=b&key=mine2", { connector: makeConnector({ auth }) });

  expect(service.exchanges[0]?.query).toEqual({ key: TOKEN, a: "b" });
});

test("what the connector sends with every call is sent, unless the caller says otherwise", async () => {
  await using service = await startService({ "GET /": "ok" });
  const connector = makeConnector({ headers: { "x-version": "1", "x-other": "1" } });

  await forward(service.url, "/", { connector, headers: [["X-Version", "2"]] });

  expect(service.exchanges[0]?.headers).toMatchObject({ "x-version": "2", "x-other": "1", "user-agent": "patchbay" });
});

test("of the service's headers a caller is given those about the answer", async () => {
  const headers = { etag: '"1"', "set-cookie": "a=b", "keep-alive": "timeout=1" };
  await using service = await startService({ "GET /": { status: 200, headers, body: "x" } });

  const answer = await forward(service.url, "/");

  expect(Object.fromEntries(answer.headers)).toMatchObject({ etag: '"1"', "x-content-type-options": "nosniff" });
  expect([...answer.headers.keys()]).not.toEqual(expect.arrayContaining(["set-cookie"]));
});

test.each([
  ["/elsewhere", "/elsewhere"],
  ["SAME/b?c", "SAME/b?c"],
  ["https://evil.example/", null],
  ["//evil.example/x", null],
  ["javascript:alert(1)", null],
  ["http://127.0.0.1:1/", null],
])("a redirect to %s is not followed, and its Location given as %s", async (written, given) => {
  const url = await startRaw((_, response) =>
    response.writeHead(302, { location: written.replace("SAME", url) }).end("moved"),
  );

  const answer = await forward(url, "/a");

  expect(answer.status).toBe(302);
  expect(answer.headers.get("location")).toBe(given?.replace("SAME", url) ?? null);
});

test("the credential is blanked in texts and headers, wherever the service splits it", async () => {
  const url = await startRaw(async (_, response) => {
    response.writeHead(200, { "content-type": "application/vnd.x+json; charset=utf-8", "x-echo": `Bearer ${TOKEN}` });
    for (const piece of [`{"a":"${TOKEN.slice(0, 7)}`, TOKEN.slice(7, 9), `${TOKEN.slice(9)}"}`]) {
      await new Promise((resolve) => response.write(piece, resolve));
      await new Promise(setImmediate);
    }
    response.end();
  });

  const answer = await forward(url, "/");

  expect(answer.headers.get("x-echo")).toBe("[redacted]");
  expect(await bodyOf(answer)).toBe('{"a":"[redacted]"}');
});

test.each(["text/plain", "application/xml", "application/problem+json", "text/html; charset=iso-8859-1", undefined])(
  "what looks like a token is blanked in %s",
  async (type) => {
    const url = await startRaw((_, response) =>
      response.writeHead(200, { ...(type !== undefined && { "content-type": type }) }).end(`a ghp_${"b".repeat(36)} c`),
    );

    const answer = await forward(url, "/");

    expect(await bodyOf(answer)).toBe("a [redacted] c");
  },
);

test("bytes are passed as they are, but for the credential", async () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256));
  const url = await startRaw((_, response) =>
    response.writeHead(200, { "content-type": "image/png" }).end(Buffer.concat([bytes, Buffer.from(TOKEN)])),
  );

  const answer = await forward(url, "/");

  const passed = await buffer(answer.body ?? ReadableStream.from([]));
  expect(passed.equals(Buffer.concat([bytes, Buffer.from("[redacted]")]))).toBe(true);
});

test("a compressed answer is searched, too, and comes decoded", async () => {
  const url = await startRaw((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(`it is ${TOKEN}`)),
  );

  const answer = await forward(url, "/");

  expect(answer.headers.has("content-encoding")).toBe(false);
  expect(await bodyOf(answer)).toBe("it is [redacted]");
});

test.each([
  ["a part of a text", 206, { "content-type": "text/plain" }],
  ["parts of one", 206, { "content-type": "multipart/byteranges; boundary=x" }],
  ["UTF-16", 200, { "content-type": "text/plain; charset=UTF-16LE" }],
  ["an unknown encoding", 200, { "content-encoding": "gzip, secret" }],
])("%s, in which the credential can't be found, is not passed", async (_what, status, headers) => {
  const url = await startRaw((_, response) => response.writeHead(status, headers).end(TOKEN.slice(0, 8)));

  await expect(forward(url, "/")).rejects.toMatchObject({
    code: "denied",
    message: "Demo answered in a form in which its credential can't be found and left out.",
  });
});

test("a part of what is no text is passed", async () => {
  const url = await startRaw((request, response) =>
    response.writeHead(206, { "content-type": "application/zip" }).end(request.headers.range),
  );

  const answer = await forward(url, "/", { headers: [["range", "bytes=0-3"]] });

  expect([answer.status, await bodyOf(answer)]).toEqual([206, "bytes=0-3"]);
});

test("a HEAD has the length of what it is about", async () => {
  const url = await startRaw((_, response) => response.writeHead(200, { "content-length": 1234 }).end());

  const answer = await forward(url, "/", { method: "HEAD" });

  expect([answer.headers.get("content-length"), answer.body]).toEqual(["1234", null]);
});

test.each([204, 304, 404, 500, 503, 999])(
  "the status %i is passed as it is, and nothing tried again",
  async (status) => {
    let asked = 0;
    const url = await startRaw((_, response) => {
      asked += 1;
      response.writeHead(status).end();
    });

    const answer = await forward(url, "/");

    expect([answer.status, asked]).toEqual([status, 1]);
  },
);

test("a refused credential is renewed once for a call whose body is there, and the answer passed either way", async () => {
  await using service = await startService({ "POST /": { status: 401 } });
  const renew = () => Promise.resolve({ DEMO_TOKEN: "newer-0123456789" });
  const body = Buffer.from("x");

  const held = await forward(service.url, "/", { method: "POST", body, renew });
  const streamed = await forward(service.url, "/", { method: "POST", body: ReadableStream.from([body]), renew });

  expect([held.status, streamed.status]).toEqual([401, 401]);
  expect(service.exchanges.map(({ headers, text: sent }) => [headers["authorization"], sent])).toEqual([
    [`Bearer ${TOKEN}`, "x"],
    ["Bearer newer-0123456789", "x"],
    [`Bearer ${TOKEN}`, "x"],
  ]);
});

test("a body that grows over the limit is given up", async () => {
  await using service = await startService({ "POST /": "ok" });
  const body = () => ReadableStream.from([Buffer.alloc(60), Buffer.alloc(60)]);
  const refused = { code: "too_large", message: "The request to Demo is larger than 100 bytes." };
  const limits = { requestBytes: 100 };

  await expect(forward(service.url, "/", { method: "POST", body: body() }, limits)).rejects.toMatchObject(refused);
  const held = forward(service.url, "/", { method: "POST", body: Buffer.alloc(120) }, limits);
  await expect(held).rejects.toMatchObject(refused);
});

test("an answer that grows over the limit breaks off, counted as it is decoded", async () => {
  const url = await startRaw((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(100_000, "a"))),
  );

  const answer = await forward(url, "/", {}, { responseBytes: 1000 });

  await expect(bodyOf(answer)).rejects.toMatchObject({ code: "too_large" });
});

test("a service that does not answer is given up after a while", async () => {
  const url = await startRaw(() => undefined);

  const answering = forward(url, "/", {}, { timeoutMs: 50 });

  await expect(answering).rejects.toMatchObject({ code: "timeout", message: "Demo took too long to answer." });
});

test("an answer may take longer than the wait for it, and not for ever", async () => {
  const url = await startRaw((_, response) => void response.writeHead(200).write("begun\n"));

  const answer = await forward(url, "/", {}, { timeoutMs: 1_500, streamTimeoutMs: 2_000 });

  await expect(bodyOf(answer)).rejects.toMatchObject({ code: "timeout" });
});

test("a caller that goes away ends the call to the service", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = await startRaw((_, response) => {
    response.on("close", resolve);
    response.writeHead(200).write("begun\n");
  });
  const { body } = await forward(url, "/");

  await body?.cancel();

  await expect(promise).resolves.toBeUndefined();
});

test.each(["http://127.0.0.1:9/../x", "https://example.com"])(
  "base %s: only allowed addresses are reached",
  async (url) => {
    const egress = openEgress({ allowPrivateHosts: [] });
    onTestFinished(() => egress.close());
    const call = {
      ...makeTarget(url),
      baseUrl: "http://127.0.0.1:9",
      method: "GET",
      target: readTarget("/"),
      headers: [],
    };

    await expect(forwardCall(egress, call)).rejects.toMatchObject({ code: "address_refused" });
  },
);

test("a credential that is the address itself is in the way out and in nothing that comes back", async () => {
  await using service = await startService({
    "GET /hooks/T0123456789abcdef/x": (exchange: { path: string }) => ({
      status: 302,
      headers: { location: exchange.path },
    }),
  });
  const auth = [apiKey({ env: "DEMO_TOKEN", label: "Address", placement: { baseUrl: true } })];
  const credentials = { DEMO_TOKEN: `${service.url}/hooks/T0123456789abcdef` };

  const answer = await forward(service.url, "/x", { connector: makeConnector({ auth }), credentials });

  expect(answer.status).toBe(302);
  expect(answer.headers.get("location")).toBe("[redacted]/x");
});

test("a body that must be signed is read first", async () => {
  await using service = await startService({ "POST /": "ok" });
  const auth = [apiKey({ env: "DEMO_TOKEN", label: "Secret", placement: { sign: "standard_webhooks" } })];
  const credentials = { DEMO_TOKEN: `whsec_${Buffer.from("0123456789").toString("base64")}` };
  const body = ReadableStream.from([Buffer.from("he"), Buffer.from("llo")]);

  await forward(service.url, "/", { connector: makeConnector({ auth }), credentials, method: "POST", body });

  expect(service.exchanges).toMatchObject([
    { text: "hello", headers: { "webhook-signature": expect.stringMatching(/^v1,/) } },
  ]);
});
