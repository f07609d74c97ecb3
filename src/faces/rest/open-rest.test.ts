import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { openTestApi, startService } from "#testing";

const PROFILE = { name: "coder" };

test("a success is data, and a list has next_cursor beside it", async () => {
  const api = await openTestApi();

  const made = await api.send("POST /profiles", { body: PROFILE });
  const listed = await api.send("GET /profiles");

  expect(made).toMatchObject({ status: 201, body: { data: { id: expect.stringMatching(/^prof_/), name: "coder" } } });
  expect(listed).toMatchObject({ status: 200, body: { data: [{ name: "coder" }], next_cursor: null } });
  expect(listed.headers.get("content-type")).toBe("application/json");
  expect(listed.headers.get("cache-control")).toBe("no-store");
});

test("a list is read page by page", async () => {
  const api = await openTestApi();
  await api.send("POST /profiles", { body: { name: "one" } });
  await api.send("POST /profiles", { body: { name: "two" } });

  const { body: first } = await api.send("GET /profiles?limit=1");
  const { next_cursor } = first as { next_cursor: string };
  const { body: second } = await api.send(`GET /profiles?limit=1&cursor=${next_cursor}`);

  expect([first, second]).toMatchObject([
    { data: [{ name: "one" }], next_cursor: expect.any(String) },
    { data: [{ name: "two" }], next_cursor: null },
  ]);
});

test.each([
  [undefined, 204],
  ["return=minimal", 204],
  ["return=representations", 204],
  ["return=representation", 200],
  ['respond-async, Return = "representation"; x=1', 200],
])("to what it prefers (%s) a client is told that something is gone, or what", async (prefer, status) => {
  const api = await openTestApi();
  const { id } = await api.data<{ id: string }>("POST /keys", { body: {} });

  const gone = await api.send(`DELETE /keys/${id}`, { headers: prefer === undefined ? {} : { prefer } });

  expect(gone).toMatchObject({ status, body: status === 200 ? { data: { id } } : undefined });
});

test("an error is a problem that says where its kind is described", async () => {
  const api = await openTestApi({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });

  const { status, headers, body } = await api.send("GET /profiles/nobody");

  expect(status).toBe(404);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(body).toEqual({
    type: "https://hub.example.com/docs#not_found",
    title: "There is no such thing, or none that this key may know of",
    status: 404,
    detail: "There is no profile named nobody.",
    code: "not_found",
    hint: expect.any(String),
  });
});

test.each(["GET /profiles", "GET /nowhere", "PATCH /profiles", "OPTIONS /profiles", "POST /openapi.json"])(
  "%s is answered 401 without a key, and how to get in",
  async (line) => {
    const api = await openTestApi();

    const { status, headers } = await api.send(line, { key: "" });

    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe('Bearer realm="patchbay"');
  },
);

test("what is not there is 404", async () => {
  const api = await openTestApi();

  const answers = [await api.send("GET /nowhere"), await api.send("GET /profiles/"), await api.send("GET ")];

  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
});

test("another method is 405, with those that are allowed", async () => {
  const api = await openTestApi();

  const { status, headers, body } = await api.send("PUT /profiles", { body: PROFILE });

  expect(status).toBe(405);
  expect(headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "HEAD", "POST"]);
  expect(body).toMatchObject({ code: "method_not_allowed" });
});

test("HEAD is GET without the body", async () => {
  const api = await openTestApi();

  const { status, body } = await api.send("HEAD /profiles");

  expect([status, body]).toEqual([200, undefined]);
});

test.each(["/docs", "/v1/openapi.json"])("%s is for reading", async (path) => {
  const { url, addOwnerKey } = await openTestApi();
  const headers = { authorization: `Bearer ${await addOwnerKey()}` };

  const read = await fetch(`${url}${path}`, { method: "HEAD" });
  const posted = await fetch(`${url}${path}`, { method: "POST", headers });

  expect([read.status, posted.status]).toEqual([200, 405]);
  expect(posted.headers.get("allow")).toBe("GET, HEAD");
});

test.each([
  ["GET /profiles?limit=1&limit=2", undefined, "once"],
  ["POST /profiles", { name: "a\0b" }, "Leave it out"],
  ["PATCH /profiles/coder/grants/github", { profile: "other" }, "path only"],
  ["PATCH /profiles/coder/grants/github", { ask: JSON.parse("[".repeat(70) + "]".repeat(70)) as unknown }, "less deep"],
])("%s that says too much is told what to do", async (line, body, hint) => {
  const api = await openTestApi();

  const answer = await api.send(line, body === undefined ? {} : { body });

  expect(answer).toMatchObject({ status: 400, body: { hint: expect.stringContaining(hint) } });
});

test("no other site's page is allowed to read an answer", async () => {
  const api = await openTestApi();

  const foreign = await api.send("GET /profiles", { headers: { origin: "https://evil.example" } });
  const own = await api.send("GET /profiles", { headers: { origin: "http://localhost" } });

  expect([foreign.status, own.status]).toEqual([403, 200]);
  expect([...own.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
});

test("a target that leads out of the API by dots is what it leads to", async () => {
  const { url } = await openTestApi();
  const sent = request(url, { path: "/docs/../v1/profiles" }).end();

  const [answer] = (await once(sent, "response")) as [IncomingMessage];

  expect(answer.resume().statusCode).toBe(401);
});

test("a POST with an Idempotency-Key runs once, quoted or not", async () => {
  const api = await openTestApi();
  const sent = { body: PROFILE, headers: { "idempotency-key": "abc" } };

  const first = await api.send("POST /profiles", sent);
  const again = await api.send("POST /profiles", { ...sent, headers: { "idempotency-key": '"abc"' } });
  const other = await api.send("POST /profiles", { ...sent, body: { name: "other" } });

  expect(again).toMatchObject({ status: 201, body: first.body });
  expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
  expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
});

test("a call that waits for approval leaves the Idempotency-Key free, and is then made by the same request", async () => {
  const receiver = await startService({ "POST /hook": { status: 204 } });
  const api = await openTestApi();
  const { hub } = api;
  const coder = await hub.addProfile("coder");
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const webhook = await hub.connect("webhook", `${receiver.url}/hook`, { WEBHOOK_SECRET: secret });
  await hub.grant(coder, webhook, { ask: ["send_event"] });
  const sent = {
    body: { profile: "coder", input: { type: "built", data: {} } },
    headers: { "idempotency-key": "abc" },
  };
  const call = () => api.send("POST /tools/mcp__webhook__send_event/call", sent);

  const asked = await call();
  const { approval } = (asked.body as { data: { approval: string } }).data;
  await api.data(`POST /approvals/${approval}/approve`);
  const done = await call();
  const again = await call();

  expect([asked, done].map(({ body }) => body)).toMatchObject([
    { data: { status: "approval_pending" } },
    { data: { status: "done" } },
  ]);
  expect(again).toMatchObject({ status: 200, body: done.body });
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  const built = receiver.exchanges.filter(({ text }) => text.includes('"built"'));
  expect(built).toHaveLength(1);
});

test("an input that is refused leaves the Idempotency-Key free", async () => {
  const api = await openTestApi();
  const headers = { "idempotency-key": "abc" };

  const wrong = await api.send("POST /profiles", { body: { name: "" }, headers });
  const right = await api.send("POST /profiles", { body: PROFILE, headers });

  expect([wrong.status, right.status]).toEqual([400, 201]);
});

test.each(["", " ", "a b", '"a', "a".repeat(256)])("the Idempotency-Key %j is refused", async (key) => {
  const api = await openTestApi();

  const answer = await api.send("POST /profiles", { body: PROFILE, headers: { "idempotency-key": key } });

  expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining("Idempotency-Key") } });
});

test("a new key is told once: a repeated request gets its id, and the key is not in the store", async () => {
  const api = await openTestApi();
  const sent = { body: {}, headers: { "idempotency-key": "abc" } };

  const first = await api.send("POST /keys", sent);
  const again = await api.send("POST /keys", sent);
  const rows = await api.hub.hub.store.db.selectFrom("answers").selectAll().execute();

  const { id, key } = (first.body as { data: { id: string; key: string } }).data;
  expect(again).toMatchObject({ status: 409, body: { code: "conflict", details: { id } } });
  expect(JSON.stringify([again.body, rows])).not.toContain(key);
  expect(rows).toHaveLength(1);
});

test("a key that asks too often is told to wait, and how long", async () => {
  const api = await openTestApi({ file: { server: { limits: { requestsPerMinute: 2 } } } });

  const answers = [await api.send("GET /profiles"), await api.send("GET /profiles"), await api.send("GET /profiles")];

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers.map(({ headers }) => headers.get("ratelimit-policy"))).toEqual(Array(3).fill('"key";q=2;w=60'));
  expect(answers.map(({ headers }) => headers.get("ratelimit")?.replace(/t=\d+/, "t=…"))).toEqual([
    '"key";r=1;t=…',
    '"key";r=0;t=…',
    '"key";r=0;t=…',
  ]);
  expect(answers[2]?.headers.get("retry-after")).toMatch(/^([12]?\d|30)$/);
});

test.each(["/v1/audit/export", "/v1/messages/stream", "/v1/proxy/github/x"])("so is one that asks %s", async (path) => {
  const { url, addOwnerKey } = await openTestApi({ file: { server: { limits: { requestsPerMinute: 1 } } } });
  const headers = { authorization: `Bearer ${await addOwnerKey()}` };

  const first = await fetch(`${url}${path}`, { headers });
  const second = await fetch(`${url}${path}`, { headers });
  await first.body?.cancel();

  expect([first, second].map((answer) => answer.headers.get("ratelimit")?.slice(0, 9))).toEqual([
    '"key";r=0',
    '"key";r=0',
  ]);
  expect(second.status).toBe(429);
  expect(second.headers.get("retry-after")).toMatch(/^\d+$/);
});

test("each key has its own limit", async () => {
  const api = await openTestApi({ file: { server: { limits: { requestsPerMinute: 1 } } } });
  await api.send("GET /profiles");

  const other = await api.send("GET /profiles", { key: await api.addOwnerKey() });

  expect(other.status).toBe(200);
});

test("a fault of our own is logged, and told without its text", async () => {
  const api = await openTestApi();
  await api.hub.hub.store.db.schema.dropTable("approvals").execute();

  const { status, body } = await api.send("GET /approvals");

  expect(status).toBe(500);
  expect(body).toMatchObject({ code: "internal", detail: "Patchbay failed in a way it did not expect." });
  expect(JSON.stringify(body)).not.toContain("approvals");
});
