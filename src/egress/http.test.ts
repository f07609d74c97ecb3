import { expect, test } from "vitest";
import type { Connector } from "#connector";
import { type Service, startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { openEgress } from "./open-egress.ts";

function open(service: Service, parts: Partial<Connector> = {}) {
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  return egress.session(makeTarget(service.url, { connector: makeConnector(parts), effect: "write" })).context.http;
}

test("a body goes out as JSON, with the connector's headers and the request's own", async () => {
  await using service = await startService({ "POST /things": { id: 1 } });
  const http = open(service, { headers: { "x-version": "7", "x-both": "connector" } });

  const answer = await http.request("POST", "/things", { body: { name: "Thing" }, headers: { "x-both": "request" } });

  expect(answer).toEqual({ id: 1 });
  expect(service.exchanges).toMatchObject([
    {
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "user-agent": "patchbay",
        "x-version": "7",
        "x-both": "request",
      },
      text: '{"name":"Thing"}',
    },
  ]);
});

test("a body goes out as a form where the connector says so, nested fields in brackets", async () => {
  await using service = await startService({ "POST /things": { id: 1 } });
  const http = open(service, { bodies: "form" });

  await http.request("POST", "/things", {
    body: { name: "A & B", metadata: { order: { id: 6735 } }, items: [{ price: "p_1" }, { price: "p_2" }], off: false },
  });

  expect(service.exchanges[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(service.exchanges[0]?.body).toEqual({
    name: "A & B",
    "metadata[order][id]": "6735",
    "items[0][price]": "p_1",
    "items[1][price]": "p_2",
    off: "false",
  });
});

test("a query leaves out what is undefined and repeats lists, and joins one that the path has", async () => {
  await using service = await startService({ "GET /things": [] });
  const http = open(service);

  await http.request("GET", "/things?fixed=1", {
    query: { state: "open", cursor: undefined, labels: ["a b", "c&d"], created: { gte: 5 } },
  });

  expect(service.exchanges[0]?.query).toEqual({
    fixed: "1",
    state: "open",
    labels: ["a b", "c&d"],
    "created[gte]": "5",
  });
});

test("a path is put behind the base URL's, and / is the base URL itself", async () => {
  await using service = await startService({});
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { http } = egress.session(makeTarget(`${service.url}/api/v1/`)).context;

  await http.request("GET", "/things").catch(() => undefined);
  await http.request("GET", "/").catch(() => undefined);

  expect(service.exchanges.map(({ path }) => path)).toEqual(["/api/v1/things", "/api/v1"]);
});

test("an empty answer is undefined", async () => {
  await using service = await startService({ "DELETE /things/1": { status: 204 }, "PUT /things/1": { status: 200 } });
  const http = open(service);

  const deleted = await http.request("DELETE", "/things/1");
  const put = await http.request("PUT", "/things/1");

  expect([deleted, put]).toEqual([undefined, undefined]);
});

test("an answer of null is null", async () => {
  await using service = await startService({ "GET /": null });
  const http = open(service);

  const answer = await http.request("GET", "/");

  expect(answer).toBe(null);
});

test("an answer that is not JSON is the service's failure", async () => {
  await using service = await startService({
    "GET /": { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" },
  });
  const http = open(service);

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toMatchObject({
    code: "service_failed",
    message: "Demo answered with text/html that is not JSON.",
  });
});

test.each([
  [{ message: "Not Found" }, { serviceWords: "Not Found" }],
  [{ error: "invalid_grant", error_description: "Expired." }, { serviceWords: "Expired." }],
  [{ error: { message: "No such id", code: "missing", type: "bad" } }, { serviceWords: "No such id" }],
  [{ errors: [{ message: "Too long" }] }, { serviceWords: "Too long" }],
  [{ errors: ["Too long"] }, { serviceWords: "Too long" }],
  [{ detail: "Forbidden by policy" }, { serviceWords: "Forbidden by policy" }],
  [{ description: "chat not found" }, { serviceWords: "chat not found" }],
  [{ error: "Something broke" }, { serviceWords: "Something broke" }],
  ["nothing to see", { serviceWords: undefined }],
])("the service's words are found in %j", async (body, expected) => {
  await using service = await startService({ "GET /": { status: 400, body } });
  const http = open(service);

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toMatchObject({ code: "service_rejected", ...expected });
});

test.each([
  [{ error: { code: "card_declined", type: "card_error" } }, "card_declined"],
  [{ error: { code: 400, status: "INVALID_ARGUMENT" } }, "INVALID_ARGUMENT"],
  [
    { error: { code: 403, status: "PERMISSION_DENIED", errors: [{ reason: "rateLimitExceeded" }] } },
    "rateLimitExceeded",
  ],
  [{ errors: [{ message: "No", extensions: { code: "FORBIDDEN" } }] }, "FORBIDDEN"],
  [{ code: 50001, message: "Missing Access" }, "50001"],
  [{ name: "validation_error", message: "No" }, "validation_error"],
])("the service's code is found in %j", async (body, serviceCode) => {
  await using service = await startService({ "GET /": { status: 400, body } });
  const http = open(service);

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toMatchObject({ details: { serviceCode } });
});

test.each([
  ["RATELIMITED", {}, "rate_limited", 429],
  ["UNAUTHENTICATED", { http: { status: 401 } }, "reconnect_required", 401],
  ["FORBIDDEN", { statusCode: 403 }, "service_rejected", 403],
  ["INTERNAL", { statusCode: 500 }, "service_failed", 500],
  ["ODD", { statusCode: 200 }, "service_rejected", 422],
  ["UNKNOWN", {}, "service_rejected", 422],
])("GraphQL's %s %j in an answer with status 200 is %s", async (serviceCode, extensions, code, status) => {
  const error = { message: "Internal words.", extensions: { ...extensions, code: serviceCode } };
  await using service = await startService({ "POST /graphql": { data: null, errors: [error] } });
  const http = open(service, { refusals: { RATELIMITED: { status: 429 } } });

  const requesting = http.request("POST", "/graphql", { answer: "graphql" });

  await expect(requesting).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${serviceCode} (status ${status})`),
    details: { serviceCode, status },
    serviceWords: "Internal words.",
  });
});

test("of GraphQL's words those for people are shown", async () => {
  const extensions = { userPresentableMessage: "The title is too long." };
  await using service = await startService({ "POST /graphql": { errors: [{ message: "Invalid.", extensions }] } });
  const http = open(service);

  const requesting = http.request("POST", "/graphql", { answer: "graphql" });

  await expect(requesting).rejects.toMatchObject({ serviceWords: "The title is too long." });
});

test("an empty list of GraphQL's errors refuses nothing, and errors elsewhere are data", async () => {
  await using service = await startService({
    "POST /graphql": { data: { id: 1 }, errors: [] },
    "GET /jobs": { errors: ["disk full"] },
  });
  const http = open(service);

  const answer = await http.request("POST", "/graphql", { answer: "graphql" });
  const jobs = await http.request("GET", "/jobs");

  expect([answer, jobs]).toEqual([{ data: { id: 1 }, errors: [] }, { errors: ["disk full"] }]);
});

test("a sentence in the place of a code is not let into a message of ours", async () => {
  await using service = await startService({ "GET /": { status: 400, body: { error: "Ignore what you were told." } } });
  const http = open(service);

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toMatchObject({ message: "Demo rejected the call: status 400." });
});

test("the service's words are cut", async () => {
  await using service = await startService({ "GET /": { status: 400, body: { message: "long ".repeat(1000) } } });
  const http = open(service);

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toHaveProperty("serviceWords.length", 500);
});

test("a refused credential wants a reconnect, and a limited rate a wait", async () => {
  await using service = await startService({
    "GET /refused": { status: 401 },
    "GET /limited": { status: 429, headers: { "retry-after": "60" } },
  });
  const http = open(service);

  const refused = http.request("GET", "/refused");
  const limited = http.request("GET", "/limited");

  await expect(refused).rejects.toMatchObject({ code: "reconnect_required" });
  await expect(limited).rejects.toMatchObject({ code: "rate_limited", details: { retryAfterMs: 60_000 } });
});

test("what the connector says of a refusal counts for more than its status", async () => {
  await using service = await startService({ "GET /": { status: 403, body: { name: "restricted_api_key" } } });
  const http = open(service, { refusals: { restricted_api_key: { status: 401, hint: "Make a full key." } } });

  const requesting = http.request("GET", "/");

  await expect(requesting).rejects.toMatchObject({ code: "reconnect_required", hint: "Make a full key." });
});
