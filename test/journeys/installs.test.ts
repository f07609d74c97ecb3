import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTestApi, startService } from "#testing";
import { DEMO_CONNECTOR } from "../../src/testing/open-demo-api.ts";
import { openCli } from "./open-cli.ts";

const WIKI_CONNECTOR = fileURLToPath(new URL("../fixtures/wiki-service/connector.ts", import.meta.url));
const CONFIG = { connectors: [DEMO_CONNECTOR, WIKI_CONNECTOR] };
const CREDENTIALS = { DEMO_TOKEN: "token-sentinel-0123456789" };

const startServices = () =>
  startService({
    "GET /me": { sub: "ada" },
    "GET /user": { id: 1, login: "mona", html_url: "https://github.com/mona" },
  });

test("by REST the catalogue says what a service needs and gives, in the list and in full", async () => {
  const { data } = await openTestApi({ file: CONFIG });

  const listed = await data<readonly object[]>("GET /registry?limit=200");
  const described = await data("GET /registry/wiki");

  const wiki = {
    service: "wiki",
    name: "Wiki",
    version: "1.0.0",
    capabilities: ["pages"],
    auth: ["api_key", "oauth2"],
    agent_env_vars: { WIKI_TOKEN: "DEMO_TOKEN" },
    layers: [{ name: "Wiki CLI", dockerfile: ["RUN npm install -g wiki-cli"] }],
    depends_on: ["demo"],
    provides: ["notes"],
    conflicts: ["issues"],
  };
  expect(listed).toContainEqual(expect.objectContaining(wiki));
  expect(described).toMatchObject({
    ...wiki,
    config: { properties: { space: { type: "string" } }, required: ["space"] },
    operations: [{ operation: "who", tool: "mcp__wiki__who", effect: "read" }],
  });
});

test("by REST a service is installed with what it needs, in its order, and goes in its order", async () => {
  await using service = await startServices();
  const { data, send } = await openTestApi({ file: CONFIG });
  const install = (name: string, more: object = {}) =>
    send("POST /integrations", { body: { service: name, base_url: service.url, credentials: CREDENTIALS, ...more } });
  const wiki = { version: "1.0.0", label: "team", config: { space: "docs" } };

  const tooEarly = await install("wiki", wiki);
  await install("demo");
  const wrongVersion = await install("wiki", { ...wiki, version: "2.0.0" });
  const wrongSetting = await install("wiki", { ...wiki, config: { space: "d" } });
  const nothingYet = await data<readonly object[]>("GET /integrations?service=wiki");
  const installed = await install("wiki", wiki);
  const excluded = await send("POST /integrations", {
    body: { service: "github", base_url: service.url, credentials: { GITHUB_TOKEN: "ghp_sentinel0123456789" } },
  });
  const needed = await send("DELETE /integrations/demo");

  expect(tooEarly).toMatchObject({
    status: 409,
    body: { detail: "Wiki needs demo, which is not connected.", hint: "Connect demo first." },
  });
  expect(wrongVersion).toMatchObject({ status: 400, body: { hint: "Ask for 1.0.0, or for none in particular." } });
  expect(wrongSetting).toMatchObject({ status: 400, body: { detail: expect.stringContaining('wrong at "space"') } });
  expect(nothingYet).toEqual([]);
  expect(installed).toMatchObject({
    status: 201,
    body: { data: { service: "wiki", label: "team", status: "active", config: { space: "docs" } } },
  });
  expect(excluded).toMatchObject({
    status: 409,
    body: { detail: "GitHub can't be connected beside wiki.", hint: "Disconnect wiki first." },
  });
  expect(needed).toMatchObject({
    status: 409,
    body: { detail: "demo:ada@demo can't be disconnected while wiki needs it.", hint: "Disconnect wiki first." },
  });
  expect(await send("DELETE /integrations/wiki:team")).toMatchObject({ status: 204 });
  expect(await send("DELETE /integrations/demo")).toMatchObject({ status: 204 });
  expect(await data("GET /integrations")).toEqual([]);
});

test("by REST the settings, the actions and the state of an installed service are read and changed", async () => {
  await using service = await startServices();
  const { data, send } = await openTestApi({ file: CONFIG });
  const body = { base_url: service.url, credentials: CREDENTIALS };
  await data("POST /integrations", { body: { service: "demo", ...body } });
  await data("POST /integrations", { body: { service: "wiki", ...body, config: { space: "docs" } } });

  const changed = await data("PATCH /integrations/wiki/config", { body: { config: { pageSize: 20 } } });
  const refused = await send("PATCH /integrations/wiki/config", { body: { config: { pageSize: "many" } } });
  const unknown = await send("PATCH /integrations/wiki/config", { body: { config: { colour: "red" } } });
  const taken = await send("PATCH /integrations/wiki/config", { body: { config: { space: null } } });

  expect(changed).toEqual({ space: "docs", pageSize: 20 });
  expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('wrong at "pageSize"') } });
  expect(unknown).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('wrong at "colour"'), hint: "It has the settings space, pageSize." },
  });
  expect(taken).toMatchObject({ status: 400, body: { detail: expect.stringContaining('wrong at "space"') } });
  expect(await data("GET /integrations/wiki/config")).toEqual({ space: "docs", pageSize: 20 });
  expect(await data("GET /integrations/wiki/actions")).toMatchObject([{ tool: "mcp__wiki__who", effect: "read" }]);
  expect(await data("GET /integrations/wiki/status")).toMatchObject({
    status: "active",
    profiles: [],
    runtime: { connector: "1.0.0", ready: true, retry_at: null },
  });
});

test("an OAuth answer without its state, or beside credentials, is refused by its name, and connects nothing", async () => {
  const { data, send } = await openTestApi({ file: CONFIG });
  const connect = (body: object) => send("POST /integrations", { body: { service: "demo", ...body } });

  const answers = [
    await connect({ oauth_code: "1" }),
    await connect({ oauth_state: "1" }),
    await connect({ oauth_code: "1", oauth_state: "1", credentials: CREDENTIALS }),
    await connect({ oauth_code: "1", oauth_state: "made-up" }),
  ];

  expect(answers.map(({ status, body }) => [status, (body as { detail: string }).detail])).toEqual([
    [400, "oauth_state is missing."],
    [400, "oauth_code is missing."],
    [400, "An account is connected by credentials or by oauth_code, not by both."],
    [400, "This hub has not asked for this answer."],
  ]);
  expect(await data("GET /integrations")).toEqual([]);
});

test("from the terminal a service is found, installed after what it needs, configured, and named in each refusal", async () => {
  await using service = await startServices();
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1" });
  writeFileSync(join(cli.cwd, "mcp.config.json"), JSON.stringify(CONFIG));
  const credential = ["--credential", `DEMO_TOKEN=${CREDENTIALS.DEMO_TOKEN}`, "--base-url", service.url];
  const wiki = ["connect", "wiki", ...credential, "--config", "space=docs", "--label", "team"];

  const available = await cli.data<readonly object[]>(["integrations", "available"]);
  const described = await cli.data(["integrations", "describe", "wiki"]);
  const tooEarly = await cli.error(wiki);
  await cli.data(["connect", "demo", ...credential]);
  const installed = await cli.data(wiki);
  const settings = ["--config", "pageSize=20", "--config", "space=1234567890123456789"];
  const configured = await cli.data(["integrations", "configure", "wiki", ...settings]);
  const needed = await cli.error(["integrations", "disconnect", "demo"]);

  expect(available).toContainEqual(expect.objectContaining({ service: "wiki", depends_on: ["demo"] }));
  expect(described).toMatchObject({ depends_on: ["demo"], conflicts: ["issues"], provides: ["notes"] });
  expect(tooEarly).toMatchObject({ exitCode: 5, hint: "Connect demo first." });
  expect(installed).toMatchObject({ label: "team", config: { space: "docs" } });
  expect(configured).toEqual({ space: "1234567890123456789", pageSize: 20 });
  expect(needed).toMatchObject({ exitCode: 5, hint: "Disconnect wiki first." });
  expect(cli.transcript()).not.toContain("sentinel");
});
