import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Exchange, type Service, startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { type EgressOptions, openEgress, type Target } from "./open-egress.ts";

const JSON_WRITE = { method: "POST", body: "{}" };

function open(service: Service, parts: Partial<Target> = {}, options: Partial<EgressOptions> = {}) {
  const waits: number[] = [];
  const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"], sleep, random: () => 1, ...options });
  const { context } = egress.session(makeTarget(service.url, parts));
  return { ...context, waits };
}

/** Answers with each in turn, then with the last for good. */
function inTurn(...answers: readonly unknown[]): () => unknown {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)];
}

function hang(): Promise<never> {
  return new Promise(() => {});
}

test.each([408, 425, 429, 500, 502, 503, 504])("a read is tried again after %i", async (status) => {
  await using service = await startService({ "GET /": inTurn({ status }, { status }, { status: 200, body: "done" }) });
  const { fetch, baseUrl, waits } = open(service);

  const answer = await fetch(baseUrl);

  expect(await answer.text()).toBe("done");
  expect(waits).toEqual([250, 500]);
});

test("a read is tried three times and no more", async () => {
  await using service = await startService({ "GET /": { status: 503 } });
  const { fetch, baseUrl } = open(service);

  const answer = await fetch(baseUrl);

  expect(answer.status).toBe(503);
  expect(service.exchanges).toHaveLength(3);
});

test.each([400, 401, 404, 409, 422, 501])("nothing is tried again after %i", async (status) => {
  await using service = await startService({ "GET /": { status } });
  const { fetch, baseUrl } = open(service);

  await fetch(baseUrl);

  expect(service.exchanges).toHaveLength(1);
});

test("a read is tried again after the connection broke", async () => {
  const answers = [(exchange: Exchange) => exchange.cut(), () => "done"];
  await using service = await startService({ "GET /": (exchange) => answers.shift()?.(exchange) });
  const { fetch, baseUrl } = open(service);

  const answer = await fetch(baseUrl);

  expect(await answer.json()).toBe("done");
  expect(service.exchanges).toHaveLength(2);
});

test.each(["write", "destructive"] as const)("a %s call is not repeated, for it may have been done", async (effect) => {
  await using service = await startService({ "POST /": { status: 503 } });
  const { fetch, baseUrl } = open(service, { effect });

  const answer = await fetch(baseUrl, JSON_WRITE);

  expect(answer.status).toBe(503);
  expect(service.exchanges).toHaveLength(1);
});

test("a write whose connection broke is not repeated", async () => {
  await using service = await startService({ "POST /": ({ cut }) => cut() });
  const { fetch, baseUrl } = open(service, { effect: "write" });

  const fetching = fetch(baseUrl, JSON_WRITE);

  await expect(fetching).rejects.toMatchObject({ code: "service_failed" });
  expect(service.exchanges).toHaveLength(1);
});

test("a write that carries its idempotency key is tried again with the same key and body", async () => {
  await using service = await startService({ "POST /": inTurn({ status: 500 }, { status: 200, body: "done" }) });
  const { fetch, baseUrl } = open(service, { effect: "write", idempotencyKey: "call_7" });

  await fetch(baseUrl, { ...JSON_WRITE, headers: { "idempotency-key": "call_7" } });

  expect(service.exchanges).toMatchObject([
    { text: "{}", headers: { "idempotency-key": "call_7" } },
    { text: "{}", headers: { "idempotency-key": "call_7" } },
  ]);
});

test("a write that the service refused for its rate is tried once more", async () => {
  await using service = await startService({ "POST /": { status: 429 } });
  const { fetch, baseUrl } = open(service, { effect: "write" });

  const answer = await fetch(baseUrl, JSON_WRITE);

  expect(answer.status).toBe(429);
  expect(service.exchanges).toHaveLength(2);
});

test("a service that names a short wait is obeyed", async () => {
  const busy = { status: 429, headers: { "retry-after": "2" } };
  await using service = await startService({ "GET /": inTurn(busy, { status: 200 }) });
  const { fetch, baseUrl, waits } = open(service);

  await fetch(baseUrl);

  expect(waits).toEqual([2000]);
});

test("a service that names a long wait is left alone at once", async () => {
  await using service = await startService({ "GET /": { status: 429, headers: { "retry-after": "6" } } });
  const { fetch, baseUrl } = open(service);

  const answer = await fetch(baseUrl);

  expect(answer.status).toBe(429);
  expect(service.exchanges).toHaveLength(1);
});

test("a read follows redirects on its own origin, with the credential", async () => {
  await using service = await startService({
    "GET /old": { status: 301, headers: { location: "/new" } },
    "GET /new": "moved",
  });
  const { fetch, baseUrl } = open(service);

  const answer = await fetch(`${baseUrl}/old`);

  expect(await answer.json()).toBe("moved");
  expect(service.exchanges.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer token-0123456789",
    "Bearer token-0123456789",
  ]);
});

test("a read follows redirects to a host that the connector lists, without the credential", async () => {
  await using files = await startService({ "GET /file": "content" });
  await using service = await startService({
    "GET /file": { status: 302, headers: { location: `${files.url}/file` } },
  });
  const { fetch, baseUrl } = open(service, { connector: makeConnector({ allowHosts: [files.host] }) });

  const answer = await fetch(`${baseUrl}/file`, {
    headers: { "x-api-key": "placeholder", accept: "application/json" },
  });

  expect(await answer.json()).toBe("content");
  expect(files.exchanges[0]?.headers).toMatchObject({ accept: "application/json" });
  expect(files.exchanges[0]?.headers).not.toHaveProperty("authorization");
  expect(files.exchanges[0]?.headers).not.toHaveProperty("x-api-key");
});

test("a redirect to any other host is refused", async () => {
  await using other = await startService({ "GET /": "stolen" });
  await using service = await startService({ "GET /": { status: 302, headers: { location: other.url } } });
  const { fetch, baseUrl } = open(service);

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  expect(other.exchanges).toEqual([]);
});

test("a write is not redirected", async () => {
  await using service = await startService({
    "POST /old": { status: 307, headers: { location: "/new" } },
    "POST /new": "moved",
  });
  const { fetch, baseUrl } = open(service, { effect: "write" });

  const fetching = fetch(`${baseUrl}/old`, JSON_WRITE);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused", details: { status: 307, to: service.host } });
  expect(service.exchanges).toHaveLength(1);
});

test("the fourth redirect is refused", async () => {
  await using service = await startService({ "GET /": { status: 302, headers: { location: "/" } } });
  const { fetch, baseUrl } = open(service);

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  expect(service.exchanges).toHaveLength(4);
});

test("a library that wants to see a redirect itself is given it", async () => {
  await using service = await startService({ "GET /": { status: 302, headers: { location: "https://example.com/" } } });
  const { fetch, baseUrl } = open(service);

  const answer = await fetch(baseUrl, { redirect: "manual" });

  expect(answer.status).toBe(302);
  expect(answer.headers.get("location")).toBe("https://example.com/");
});

test("an answer over the limit is cut off, whatever length it was announced with", async () => {
  const body = gzipSync("x".repeat(100_000));
  await using service = await startService({
    "GET /": { status: 200, headers: { "content-encoding": "gzip" }, body },
  });
  const { fetch, baseUrl } = open(service, {}, { responseBytes: 50_000 });

  const reading = fetch(baseUrl).then((answer) => answer.text());

  expect(body.byteLength).toBeLessThan(50_000);
  await expect(reading).rejects.toMatchObject({
    code: "too_large",
    message: "The answer of Demo is larger than 50000 bytes.",
  });
});

test("an answer over the limit ends its connection", async () => {
  await using service = await startService({ "GET /": { status: 200, body: "x".repeat(20_000_000) } });
  const { fetch, baseUrl } = open(service, {}, { responseBytes: 1000 });

  const reading = fetch(baseUrl).then((answer) => answer.text());

  await expect(reading).rejects.toMatchObject({ code: "too_large" });
  await expect(service.exchanges[0]?.abandoned).resolves.toBe(undefined);
});

test("a request over the limit is not sent, streamed or not", async () => {
  await using service = await startService({});
  const { fetch, baseUrl } = open(service, { effect: "write" }, { requestBytes: 1000 });
  const stream = new Blob(["x".repeat(600), "y".repeat(600)]).stream();

  const whole = fetch(baseUrl, { method: "POST", body: "x".repeat(1001) });
  const streamed = fetch(baseUrl, { method: "POST", body: stream });

  await expect(whole).rejects.toMatchObject({ code: "too_large" });
  await expect(streamed).rejects.toMatchObject({ code: "too_large" });
  expect(service.exchanges).toEqual([]);
});

test("the platform's own forms and requests are sent as they are", async () => {
  await using service = await startService({});
  const { fetch, baseUrl } = open(service, { effect: "write" });
  const form = new FormData();
  form.set("file", new Blob(["content"], { type: "text/plain" }), "a.txt");

  await fetch(new Request(`${baseUrl}/upload`, { method: "PUT", body: form }));

  expect(service.exchanges).toMatchObject([
    { method: "PUT", path: "/upload", text: expect.stringContaining('filename="a.txt"') },
  ]);
  expect(service.exchanges[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
});

test("the connector's headers go with every request that does not set them itself", async () => {
  await using service = await startService({});
  const connector = makeConnector({ headers: { "X-Version": "7", "User-Agent": "demo" } });
  const { fetch, baseUrl } = open(service, { connector });

  await fetch(baseUrl);
  await fetch(baseUrl, { headers: { "x-version": "8" } });

  expect(service.exchanges).toMatchObject([
    { headers: { "x-version": "7", "user-agent": "demo" } },
    { headers: { "x-version": "8", "user-agent": "demo" } },
  ]);
});

test("a caller who gives up ends the request at the service", async () => {
  const arrived = Promise.withResolvers<Exchange>();
  await using service = await startService({
    "GET /": (exchange) => {
      arrived.resolve(exchange);
      return hang();
    },
  });
  const caller = new AbortController();
  const { fetch, baseUrl } = open(service, { signal: caller.signal });

  const fetching = fetch(baseUrl);
  const { abandoned } = await arrived.promise;
  caller.abort(new Error("enough"));

  await expect(fetching).rejects.toThrow("enough");
  await expect(abandoned).resolves.toBe(undefined);
});

test("time runs out while an answer is awaited, and ends the request at the service", async () => {
  const arrived = Promise.withResolvers<Exchange>();
  await using service = await startService({
    "GET /": (exchange) => {
      arrived.resolve(exchange);
      return hang();
    },
  });
  const { fetch, baseUrl } = open(service, {}, { timeoutMs: 2_000 });

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({ name: "TimeoutError" });
  await expect((await arrived.promise).abandoned).resolves.toBe(undefined);
});

test("a caller who gives up does not wait for the next attempt", async () => {
  await using service = await startService({ "GET /": { status: 503, headers: { "retry-after": "5" } } });
  const caller = new AbortController();
  const sleep = (_: number, signal: AbortSignal) => {
    caller.abort(new Error("enough"));
    return setTimeout(0, undefined, { signal });
  };
  const { fetch, baseUrl } = open(service, { signal: caller.signal }, { sleep });

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({ name: "AbortError" });
  expect(service.exchanges).toHaveLength(1);
});

test("no more requests than allowed are under way at one origin, and the others follow", async () => {
  let underWay = 0;
  const seen: number[] = [];
  await using service = await startService({
    "GET /": async () => {
      seen.push(++underWay);
      await setTimeout(20);
      underWay--;
    },
  });
  const { fetch, baseUrl } = open(service, {}, { connectionsPerOrigin: 2 });

  await Promise.all([1, 2, 3, 4, 5, 6].map(() => fetch(baseUrl).then((answer) => answer.text())));

  expect(seen).toHaveLength(6);
  expect(Math.max(...seen)).toBeLessThanOrEqual(2);
});

test("a request that waits for its turn is given up with its caller", async () => {
  const arrived = Promise.withResolvers<Exchange>();
  await using service = await startService({
    "GET /slow": (exchange) => {
      arrived.resolve(exchange);
      return hang();
    },
  });
  const caller = new AbortController();
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"], connectionsPerOrigin: 1 });
  const first = egress.session(makeTarget(service.url)).context;
  const second = egress.session(makeTarget(service.url, { signal: caller.signal })).context;

  void first.fetch(`${service.url}/slow`).catch(() => undefined);
  await arrived.promise;
  const waiting = second.fetch(`${service.url}/next`);
  caller.abort(new Error("enough"));

  await expect(waiting).rejects.toThrow("enough");
  expect(service.exchanges).toHaveLength(1);
});

test("a service that can't be reached is named", async () => {
  const service = await startService({});
  await service[Symbol.asyncDispose]();
  const { fetch, baseUrl } = open(service);

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({
    code: "unavailable",
    message: `${service.host} could not be reached: ECONNREFUSED.`,
  });
});

test("an answer that breaks off is the service's failure", async () => {
  await using service = await startService({
    "GET /": { status: 200, headers: { "content-length": "100", connection: "close" }, body: "short" },
  });
  const { fetch, baseUrl } = open(service);

  const reading = fetch(baseUrl).then((answer) => answer.text());

  await expect(reading).rejects.toMatchObject({ code: "service_failed" });
});
