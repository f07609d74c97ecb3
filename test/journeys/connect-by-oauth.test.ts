import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Browser } from "../../src/testing/open-browser.ts";
import { DEMO_CONNECTOR, textOf } from "../../src/testing/open-demo-api.ts";
import { CLIENT, startAuthorizationServer } from "../../src/testing/start-authorization-server.ts";
import { openCli } from "./open-cli.ts";

/** The executable, and its hub in a process of its own, beside a service whose accounts are connected by OAuth. */
async function arrange() {
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1" });
  writeFileSync(join(cli.cwd, "mcp.config.json"), JSON.stringify({ connectors: [DEMO_CONNECTOR] }));
  const hub = cli.spawn(["start", "--json"]);
  const { data } = JSON.parse(await hub.printed("\n}\n")) as { data: { url: string; owner_key: string } };
  const demo = await startAuthorizationServer({ hubUrl: data.url });
  onTestFinished(() => demo[Symbol.asyncDispose]());
  const env = { PATCHBAY_PUBLIC_URL: data.url };
  const named = ["oauth-apps", "set", "demo", "--client-id", CLIENT.clientId, "--client-secret", "-"];
  const placed = ["--authorize-url", `${demo.url}/auth`, "--token-url", `${demo.url}/token`];
  const setApp = () => cli.data([...named, ...placed], { env, stdin: CLIENT.clientSecret });
  return {
    cli,
    env,
    demo,
    setApp,
    /** What makes a command one of someone elsewhere. */
    fromElsewhere: ["--url", data.url, "--key", data.owner_key],
    /** Begins to connect, as far as the page on which the hub asks. */
    async begin(...options: readonly string[]) {
      const command = cli.spawn(["connect", "demo", "--oauth", "--base-url", demo.url, ...options], env);
      const [url = ""] = /http\S+/.exec((await command.noted("redirect_uri=")).replace(data.url, "")) ?? [];
      const browser = new Browser();
      return { command, browser, page: await browser.open(url) };
    },
  };
}

test("an owner connects an account from the terminal without a credential to paste, and an agent uses it", async () => {
  const { cli, setApp, begin, demo } = await arrange();
  const app = await setApp();

  const { command, browser, page } = await begin("--label", "work", "--json");
  await browser.submit(page, { decision: "connect" });
  const { exitCode, stdout } = await command.ended;
  await cli.data(["grants", "set", "default", "demo"]);
  const called = await cli.data(["tools", "call", "mcp__demo__who", "--profile", "default", "--input", "{}"]);

  expect(app).toMatchObject({ has_secret: true, redirect_uri: expect.stringMatching(/\/oauth\/callback\/demo$/) });
  expect(textOf(page)).toContain("Connect ada@demo of Demo?");
  expect(exitCode).toBe(0);
  const { data } = JSON.parse(stdout) as { data: Record<string, unknown> };
  expect(data).toMatchObject({ status: "connected", service: "demo", account: "ada@demo" });
  expect(data["id"]).toMatch(/^int_\w{26}$/);
  expect(called).toMatchObject({ status: "done", data: { sub: "ada" }, account: { label: "work" } });
  expect(demo.tokenRequests).toEqual(["authorization_code"]);
  expect(cli.transcript()).not.toContain(CLIENT.clientSecret);
});

test("an owner who does not confirm ends the command, which says so, and nothing is connected", async () => {
  const { cli, setApp, begin } = await arrange();
  await setApp();

  const { command, browser, page } = await begin();
  await browser.submit(page, { decision: "cancel" });
  const { exitCode, stdout, stderr } = await command.ended;

  expect(exitCode).toBe(6);
  expect(stdout).toBe("");
  expect(stderr).toContain("demo was not connected. The owner did not confirm it.");
  expect(await cli.data(["integrations", "list"])).toEqual([]);
});

test("a command that is interrupted while it waits ends, and what it began connects nothing by itself", async () => {
  const { cli, setApp, begin } = await arrange();
  await setApp();

  const { command } = await begin();
  const { exitCode, stderr } = await command.stop("SIGINT");

  expect(exitCode).toBe(130);
  expect(stderr).toContain("The command was interrupted.");
  expect(await cli.data(["integrations", "list"])).toEqual([]);
});

test("an owner elsewhere connects an account likewise, and is told likewise of what they interrupt", async () => {
  const { cli, setApp, begin, fromElsewhere } = await arrange();
  await setApp();

  const { command, browser, page } = await begin(...fromElsewhere);
  await browser.submit(page, { decision: "connect" });
  const connected = await command.ended;
  const interrupted = await (await begin("--label", "second", ...fromElsewhere)).command.stop("SIGINT");

  expect(connected).toMatchObject({ exitCode: 0, stdout: "demo is connected as ada@demo.\n" });
  expect(interrupted).toMatchObject({ exitCode: 130, stderr: expect.stringContaining("The command was interrupted.") });
  expect(await cli.data(["integrations", "list"])).toMatchObject([{ service: "demo", status: "active" }]);
});

test("where no browser reaches the hub, what stands in its address connects the account, once", async () => {
  const { cli, env, demo, setApp } = await arrange();
  await setApp();
  const { url } = await cli.data<{ url: string }>(["oauth", "start", "demo", "--base-url", demo.url], { env });
  const { searchParams } = await demo.visit(url);
  const [code = "", state = "", iss = ""] = ["code", "state", "iss"].map((name) => searchParams.get(name) ?? "");
  const bring = ["connect", "demo", "--oauth-code", code, "--oauth-state", state, "--oauth-iss", iss];

  const connected = await cli.data([...bring, "--label", "work"], { env });
  const again = await cli.error(bring, { env });

  expect(connected).toMatchObject({ service: "demo", label: "work", status: "active", account_id: "ada" });
  expect(again).toMatchObject({ exitCode: 5, message: "The service's answer was used already." });
  expect(await cli.data(["integrations", "list"])).toMatchObject([{ label: "work" }]);
});

test("without an OAuth app the command says how to set one, and opens nothing", async () => {
  const { cli, env } = await arrange();

  expect(await cli.error(["connect", "demo", "--oauth"], { env })).toMatchObject({
    exitCode: 5,
    message: "No OAuth app is set for demo.",
    hint: expect.stringContaining("patchbay oauth-apps set demo --client-id"),
  });
});

test("without a running hub, to which the browser would come back, nobody is sent to the service", async () => {
  const { cli, setApp } = await arrange();
  await setApp();

  const error = await cli.error(["connect", "demo", "--oauth"], { env: { PATCHBAY_PUBLIC_URL: "http://127.0.0.1:9" } });

  expect(error).toMatchObject({
    exitCode: 7,
    message: "No hub answers at http://127.0.0.1:9, where demo would send the browser back.",
    hint: expect.stringContaining("patchbay start"),
  });
});
