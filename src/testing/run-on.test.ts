import { expect, test } from "vitest";
import * as z from "zod";
import { apiKey, defineConnector, graphql, operation, rest } from "#connector";
import { runOn, startService } from "#testing";

const Thing = z.object({ id: z.string(), name: z.string() });

const demo = defineConnector({
  id: "demo",
  name: "Demo",
  version: "1.0.0",
  category: "testing",
  capabilities: [],
  baseUrl: "https://api.demo.test",
  headers: { "x-version": "7" },
  auth: [apiKey({ env: "DEMO_TOKEN", label: "Token", header: "authorization", prefix: "Bearer " })],
  config: z.object({ team: z.string().optional() }),
  operations: {
    find: rest({
      summary: "Find things.",
      effect: "read",
      request: "GET /v1/things/{id}",
      input: z.object({ id: z.string(), tags: z.array(z.string()).optional() }),
      output: Thing,
    }),
    ask: graphql({
      summary: "Ask.",
      effect: "read",
      document: "query { thing { id name } }",
      at: "thing",
      input: z.object({}),
      output: Thing,
    }),
    team: operation({
      summary: "Name the team.",
      effect: "read",
      input: z.object({}),
      output: z.string(),
      run: (_, { config }) => Promise.resolve(config["team"]),
    }),
  },
});

const credentials = { DEMO_TOKEN: "token-0123456789" };

test("an operation runs against a fake service as it does against the real one", async () => {
  await using service = await startService({ "GET /v1/things/a%2Fb": { id: "a/b", name: "Thing", secret: "x" } });

  const result = await runOn(service, demo, "find", { id: "a/b", tags: ["red", "blue"] }, { credentials });

  expect(result).toEqual({ id: "a/b", name: "Thing" });
  expect(service.exchanges).toMatchObject([
    {
      method: "GET",
      path: "/v1/things/a%2Fb",
      query: { tags: ["red", "blue"] },
      headers: { authorization: "Bearer token-0123456789", "x-version": "7", accept: "application/json" },
    },
  ]);
});

test("an unknown field of the input is refused and the service sees nothing", async () => {
  await using service = await startService({});

  const running = runOn(service, demo, "find", { id: "1", colour: "red" }, { credentials });

  await expect(running).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("colour") });
  expect(service.exchanges).toEqual([]);
});

test("the settings reach the operation, parsed by the connector's schema", async () => {
  await using service = await startService({});

  const result = await runOn(service, demo, "team", {}, { credentials, config: { team: "core" } });

  expect(result).toBe("core");
});

test("an answer can be a function of the exchange", async () => {
  await using service = await startService({
    "POST /graphql": ({ text }) => ({ data: { thing: { id: "1", name: text } } }),
  });

  const result = await runOn(service, demo, "ask", {}, { credentials });

  expect(result).toEqual({ id: "1", name: '{"query":"query { thing { id name } }","variables":{}}' });
});

test("an answer with a numeric status is a reply, one with a status of its own is a body", async () => {
  await using service = await startService({
    "GET /v1/things/reply": { status: 403, headers: { "x-why": "because" }, body: { message: "Not yours." } },
    "GET /v1/things/body": { status: "open", id: "1", name: "Thing" },
  });

  const refused = runOn(service, demo, "find", { id: "reply" }, { credentials });
  const found = runOn(service, demo, "find", { id: "body" }, { credentials });

  await expect(refused).rejects.toMatchObject({ code: "service_rejected", serviceWords: "Not yours." });
  await expect(found).resolves.toEqual({ id: "1", name: "Thing" });
});

test("what no answer was given for is not found", async () => {
  await using service = await startService({});

  const running = runOn(service, demo, "find", { id: "1" }, { credentials });

  await expect(running).rejects.toMatchObject({
    details: { status: 404 },
    serviceWords: "Nothing answers GET /v1/things/1.",
  });
});
