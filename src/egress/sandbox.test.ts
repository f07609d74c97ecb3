import { expect, test } from "vitest";
import { makeConnector, makeTarget, startService } from "#testing";
import { apiKey, type Connector, oauth2 } from "#connector";
import { openEgress, type Target } from "./open-egress.ts";
import { refuseOwnHost, serviceIn } from "./sandbox.ts";

const OWN = "https://api.demo.example";
const TEST_KEY = "sk_test_0123456789";

const OAUTH = oauth2({
  authorizeUrl: "https://demo.example/authorize",
  tokenUrl: "https://demo.example/token",
  revokeUrl: "https://revoke.demo.example/",
  scopes: [],
});

/** A service, all of whose addresses are known. */
const demo = makeConnector({
  baseUrl: OWN,
  allowHosts: ["files.demo.example"],
  auth: [...makeConnector().auth, OAUTH],
});

/** What a service at this address is sent by a session of the test world. */
async function send(connector: Connector, { credentials = {}, ...parts }: Partial<Target>): Promise<void> {
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });
  const { baseUrl: _, ...target } = makeTarget("");
  const { context } = egress.session({ ...target, mode: "test", connector, credentials, ...parts });
  try {
    await context.http.request("GET", "/ping");
  } finally {
    await egress.close();
  }
}

test("a live service is reached as it is, and one that has no sandbox not at all from the test world", () => {
  expect(serviceIn({ mode: "live" }, demo)).toBe(demo);
  expect(serviceIn({ mode: "test" }, demo)).toBe(undefined);
});

test("a sandbox has an address of its own, and none of the hosts of the service itself", () => {
  const baseUrl = "https://sandbox.demo.example";

  expect(serviceIn({ mode: "test" }, { ...demo, sandbox: { baseUrl } })).toMatchObject({ baseUrl, allowHosts: [] });
});

test("the test world reaches a sandbox, and none but it", async () => {
  await using sandbox = await startService({ "GET /ping": {} });
  await using service = await startService({ "GET /ping": {} });
  const connector = makeConnector({ baseUrl: service.url, sandbox: { baseUrl: sandbox.url } });

  await send(connector, { credentials: { DEMO_TOKEN: "anything" } });

  expect([sandbox.exchanges.length, service.exchanges.length]).toEqual([1, 0]);
});

test("the test world reaches the server that an owner has put in a service's place", async () => {
  await using own = await startService({ "GET /ping": {} });

  await send(demo, { baseUrl: own.url, credentials: { DEMO_TOKEN: "token" } });

  expect(own.exchanges).toMatchObject([{ headers: { authorization: "Bearer token" } }]);
});

test.each([
  [`${OWN}/v2`, "api.demo.example"],
  ["https://api.demo.example.:443/", "api.demo.example"],
  ["https://files.demo.example", "files.demo.example"],
  ["https://demo.example/token", "demo.example"],
  ["https://revoke.demo.example", "revoke.demo.example"],
])("an address of the service itself is refused to the test world: %s", async (baseUrl, host) => {
  const refused = { code: "address_refused", message: expect.stringContaining(`At ${host} is Demo itself`) };

  await expect(send(demo, { baseUrl })).rejects.toMatchObject(refused);
  expect(() => refuseOwnHost(demo, baseUrl)).toThrow(expect.objectContaining(refused));
});

test("nothing is sent from the test world to a service without a sandbox, and it is said what works instead", async () => {
  await using service = await startService({ "GET /ping": {} });

  await expect(send(makeConnector({ baseUrl: service.url }), {})).rejects.toMatchObject({
    code: "address_refused",
    message: "Demo has no sandbox, so the test world sends nothing to it.",
    hint: expect.stringContaining("simulated"),
  });
  expect(service.exchanges).toEqual([]);
});

/** A service whose sandbox is told by its credentials alone. */
function withTestKeys(baseUrl: string): Connector {
  const key = { env: "DEMO_TOKEN", label: "Key", header: "authorization", prefix: "Bearer " };
  const more = [{ env: "DEMO_SIGNING_SECRET", label: "Signing secret" }];
  return makeConnector({
    baseUrl,
    auth: [apiKey({ ...key, more })],
    sandbox: { auth: [apiKey({ ...key, more, pattern: /^sk_test_\w+$/ })] },
  });
}

test("a sandbox at the service's own address is entered by its credentials", async () => {
  await using service = await startService({ "GET /ping": {} });

  await send(withTestKeys(service.url), { credentials: { DEMO_TOKEN: TEST_KEY, DEMO_SIGNING_SECRET: "anything" } });

  expect(service.exchanges).toMatchObject([{ headers: { authorization: `Bearer ${TEST_KEY}` } }]);
});

test.each([
  ["the service's own", { DEMO_TOKEN: "sk_live_0123456789" }, "DEMO_TOKEN"],
  ["of OAuth, which nothing tells apart", { access_token: TEST_KEY }, "access_token"],
  ["one that nobody declares", { DEMO_TOKEN: TEST_KEY, DEMO_OTHER: TEST_KEY }, "DEMO_OTHER"],
])("a credential that is %s is not sent to a sandbox at the service's own address", async (_, credentials, env) => {
  await using service = await startService({ "GET /ping": {} });

  await expect(send(withTestKeys(service.url), { credentials })).rejects.toMatchObject({
    code: "reconnect_required",
    message: `${env} is not a credential of Demo's sandbox.`,
  });
  expect(service.exchanges).toEqual([]);
});
