import { expect, test } from "vitest";
import { startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { openEgress } from "./open-egress.ts";

test.each([
  "https://127.0.0.1",
  "https://2130706433",
  "https://0x7f.1",
  "https://0177.0.0.1",
  "https://[::1]",
  "https://[::ffff:7f00:1]",
  "https://169.254.169.254/latest/meta-data",
  "https://[fd00:ec2::254]",
  "https://10.0.0.1",
  "https://0.0.0.0",
])("a base URL inside a private network is refused: %s", (baseUrl) => {
  const egress = openEgress({ allowPrivateHosts: [] });

  expect(() => egress.session(makeTarget(baseUrl))).toThrow(
    expect.objectContaining({ code: "address_refused", hint: expect.stringContaining("PATCHBAY_ALLOW_PRIVATE_HOSTS") }),
  );
});

test.each(["http://api.example.com", "ftp://api.example.com", "ws://api.example.com"])(
  "a base URL that is not https is refused: %s",
  (baseUrl) => {
    const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });

    expect(() => egress.session(makeTarget(baseUrl))).toThrow(expect.objectContaining({ code: "address_refused" }));
  },
);

test("a base URL with a user name is refused", () => {
  const egress = openEgress({ allowPrivateHosts: [] });

  expect(() => egress.session(makeTarget("https://user:password@api.example.com"))).toThrow(
    expect.objectContaining({ code: "address_refused" }),
  );
});

test("a name that resolves to a private address is refused when it is connected to", async () => {
  await using service = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: [], sleep: () => Promise.reject(new Error("It was tried again.")) });
  const { context } = egress.session(makeTarget(service.url.replace("http://127.0.0.1", "https://localhost")));

  const fetching = context.fetch(context.baseUrl);

  await expect(fetching).rejects.toMatchObject({
    code: "address_refused",
    message: "localhost is a private address, which is not reached.",
  });
});

test("a private host that is allowed with its port is reached, over plain http too", async () => {
  await using service = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(service.url));

  const answer = await context.fetch(context.baseUrl);

  expect(await answer.json()).toBe("reached");
});

test("a private host that is allowed without a port is reached on all of them", async () => {
  await using service = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });
  const { context } = egress.session(makeTarget(service.url));

  const answer = await context.fetch(context.baseUrl);

  expect(answer.status).toBe(200);
});

test("the names of the loopback stand for one another", async () => {
  await using service = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(service.url.replace("127.0.0.1", "localhost")));

  const answer = await context.fetch(context.baseUrl);

  expect(answer.status).toBe(200);
});

test("a private host is refused on another port than the allowed one", () => {
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1:8080"] });

  expect(() => egress.session(makeTarget("https://127.0.0.1:8081"))).toThrow(
    expect.objectContaining({ code: "address_refused" }),
  );
});

test("a host that is neither the integration's nor listed is refused", async () => {
  await using service = await startService({});
  await using other = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });
  const { context } = egress.session(makeTarget(service.url));

  const fetching = context.fetch(other.url);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  expect(other.exchanges).toEqual([]);
});

test("a host that the connector lists is reached with the credential", async () => {
  await using service = await startService({});
  await using uploads = await startService({ "GET /file": "reached" });
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });
  const connector = makeConnector({ allowHosts: [uploads.host] });
  const { context } = egress.session(makeTarget(service.url, { connector }));

  await context.fetch(`${uploads.url}/file`);

  expect(uploads.exchanges[0]?.headers["authorization"]).toBe("Bearer token-0123456789");
});

test("a listed host inside a private network is refused unless the operator allows it", async () => {
  await using service = await startService({});
  await using other = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const connector = makeConnector({ allowHosts: [other.host] });
  const { context } = egress.session(makeTarget(service.url, { connector }));

  const fetching = context.fetch(other.url);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  expect(other.exchanges).toEqual([]);
});

test.each([
  "/../admin",
  "/%2e%2e/admin",
  "/.%2E/admin",
  "/%252e%252e/admin",
  "/x%2f..%2f..%2fadmin",
  "/..\\admin",
  "/things\\..\\admin",
  "/things/../admin",
  "/things/./admin",
  "//admin",
])("a path that leads out of the base URL is refused: %s", async (path) => {
  await using service = await startService({});
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(`${service.url}/api/v1`));

  const fetching = context.fetch(context.baseUrl + path);
  const requesting = context.http.request("GET", path);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  await expect(requesting).rejects.toMatchObject({ code: "address_refused" });
  expect(service.exchanges).toEqual([]);
});

test.each(["/admin", "/api/v10/admin"])("a path beside the base URL's is refused: %s", async (path) => {
  await using service = await startService({});
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(`${service.url}/api/v1`));

  const fetching = context.fetch(service.url + path);

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
  expect(service.exchanges).toEqual([]);
});

test("an encoded slash and an encoded URL in a path segment reach the service as they are", async () => {
  await using service = await startService({});
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(service.url));

  await context.fetch(`${context.baseUrl}/sites/https%3A%2F%2Fexample.com/a..b`);

  expect(service.exchanges[0]?.path).toBe("/sites/https%3A%2F%2Fexample.com/a..b");
});

test("a request that carries a user name in its URL is refused", async () => {
  await using service = await startService({});
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(service.url));

  const fetching = context.fetch(service.url.replace("http://", "http://user:password@"));

  await expect(fetching).rejects.toMatchObject({ code: "address_refused" });
});

test("a host header can't name another site", async () => {
  await using service = await startService({ "GET /": "reached" });
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const { context } = egress.session(makeTarget(service.url));

  await context.fetch(context.baseUrl, { headers: { host: "internal.example.com" } });

  expect(service.exchanges[0]?.headers["host"]).toBe(service.host);
});

test("a connector without a base URL wants one from the integration", () => {
  const egress = openEgress({ allowPrivateHosts: [] });
  const { baseUrl: _, ...target } = makeTarget("");

  expect(() => egress.session(target)).toThrow(
    expect.objectContaining({ code: "invalid_input", message: "Demo needs a base URL." }),
  );
});

test("connections are shared between sessions, and none is opened after the egress was closed", async () => {
  await using service = await startService({ "GET /": ({ from }) => from });
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  const ask = () => egress.session(makeTarget(service.url)).context.http.request("GET", "/");

  const connections = new Set([await ask(), await ask(), await ask(), await ask()]);
  await egress.close();

  expect(connections.size).toBeLessThan(4);
  await expect(ask()).rejects.toMatchObject({ code: "unavailable", message: "The hub is stopping." });
});
