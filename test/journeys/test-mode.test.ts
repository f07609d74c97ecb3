import { expect, onTestFinished, test } from "vitest";
import { startService } from "#testing";
import { CLIENTS } from "./any-client.ts";
import { type Cli, openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";
const CREATE = "mcp__github__create_issue";
const ISSUE = { owner: "acme", repo: "web", title: "Made in the test world" };

interface Result {
  readonly status: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** GitHub connected in both worlds, really in the live one, and granted to a profile of the same name in each. */
async function arrange() {
  const github = await startService({ "GET /user": { id: 1, login: "octo" } });
  onTestFinished(() => github[Symbol.asyncDispose]());
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: github.host });
  const credential = ["--credential", `GITHUB_TOKEN=${TOKEN}`];
  const live = await cli.data<{ id: string }>(["connect", "github", "--base-url", github.url, ...credential]);
  const simulated = await cli.data<{ id: string; label: string }>(["--test", "connect", "github"]);
  for (const world of [[], ["--test"]]) {
    await cli.data([...world, "profiles", "create", "coder"]);
    await cli.data([...world, "grants", "set", "coder", "github", "--ask", "merge_*"]);
  }
  const keyOf = async (...args: readonly string[]) =>
    (await cli.data<{ key: string }>(["keys", "create", "--profile", "coder", "--scope", "tools", ...args])).key;
  const key = await keyOf("--test", "--scope", "proxy", "--scope", "notify");
  return { github, cli, live, simulated, key, liveKey: await keyOf() };
}

const operationsOf = async (cli: Cli, ...world: readonly string[]) =>
  (await cli.data<{ action: string; operation: string | null }[]>([...world, "audit", "list"]))
    .filter(({ action }) => action.startsWith("call."))
    .map(({ action, operation }) => `${action} ${operation}`);

test("what a test key does is simulated, by MCP, REST and the command line, and on record in its own world", async () => {
  const { github, cli, simulated, key } = await arrange();
  const hub = await startHub(cli);

  const called = await hub.data<Result>(`POST /tools/${CREATE}/call`, { key, body: { input: ISSUE } });
  const command = ["tools", "call", CREATE, "--profile", "coder", "--input", JSON.stringify(ISSUE)];
  const typed = await cli.data(["--test", ...command]);
  const shown = await cli.run([...command, "--test"]);
  const results = await Promise.all(
    CLIENTS.map(async ([, open]) => {
      const client = await open(hub.mcp(key), () => undefined);
      return client.callTool(CREATE, ISSUE);
    }),
  );
  const entries = await cli.data<{ action: string; details: object }[]>(["--test", "audit", "list"]);

  expect(key).toMatch(/^pb_test_/);
  expect(simulated.label).toBe("GitHub (simulated)");
  const account = { service: "github", label: "GitHub (simulated)", integration: simulated.id };
  expect(called).toMatchObject({ status: "done", data: { title: ISSUE.title }, account, simulated: true });
  expect(typed).toEqual(called);
  expect(shown.stdout).toMatch(/simulated +yes +\(Nothing was sent/);
  for (const result of results) {
    expect(result["structuredContent"]).toEqual({ ...called.data, simulated: true });
    expect(result["content"]).toMatchObject([
      { text: JSON.stringify({ ...called.data, simulated: true }) },
      { text: "Account: GitHub (simulated) (github)" },
      { text: "Simulated: nothing was sent, and this answer is made up." },
    ]);
  }
  const calls = entries.filter(({ action }) => action.startsWith("call."));
  expect(calls).toHaveLength(2 * (3 + CLIENTS.length));
  expect(calls.filter(({ details }) => !("simulated" in details))).toEqual([]);
  expect(github.exchanges.map(({ path }) => path)).toEqual(["/user"]);
});

test("neither world sees anything of the other, and an id of one is unknown in the other", async () => {
  const { cli, live, simulated, key, liveKey } = await arrange();
  const { key: owner } = await cli.data<{ key: string }>(["keys", "create"]);
  const { key: testOwner } = await cli.data<{ key: string }>(["keys", "create", "--mode", "test"]);
  const hub = await startHub(cli);
  await hub.data(`POST /tools/${CREATE}/call`, { key, body: { input: ISSUE } });
  const waiting = await hub.data<{ approval: string }>("POST /tools/mcp__github__merge_pull_request/call", {
    key,
    body: { input: { owner: "acme", repo: "web", number: 1 } },
  });

  const listed = async (line: string, of: string) =>
    (await hub.data<{ id: string }[]>(line, { key: of })).map(({ id }) => id);
  expect(await listed("GET /integrations", owner)).toEqual([live.id]);
  expect(await listed("GET /integrations", testOwner)).toEqual([simulated.id]);
  expect(await listed("GET /approvals", owner)).toEqual([]);
  expect(await listed("GET /approvals", testOwner)).toEqual([waiting.approval]);
  const [profile] = await listed("GET /profiles", owner);
  const [testProfile] = await listed("GET /profiles", testOwner);
  for (const [of, id, who] of [
    [owner, simulated.id, testProfile],
    [testOwner, live.id, profile],
  ]) {
    const sent = { key: of ?? "" };
    const { status: integration } = await hub.send(`GET /integrations/${id}`, sent);
    const { status: disconnected } = await hub.send(`DELETE /integrations/${id}`, sent);
    const { status: inspected } = await hub.send(`GET /profiles/${who}`, sent);
    expect([integration, disconnected, inspected]).toEqual([404, 404, 404]);
  }
  const approve = await hub.send(`POST /approvals/${waiting.approval}/approve`, { key: owner, body: {} });
  const reach = await hub.send(`GET /proxy/${simulated.id}/user`, { key: liveKey });
  expect([approve.status, reach.status]).toEqual([404, 403]);
  expect(await operationsOf(cli)).toEqual([]);
  expect(await operationsOf(cli, "--test")).toHaveLength(2);
});

test("a call that asks is simulated once it is approved, and the proxy is refused before anyone is asked", async () => {
  const { github, cli, key } = await arrange();
  const hub = await startHub(cli);
  const merge = { key, body: { input: { owner: "acme", repo: "web", number: 1 } } };

  const waiting = await hub.data<{ approval: string }>("POST /tools/mcp__github__merge_pull_request/call", merge);
  await cli.data(["--test", "approvals", "approve", waiting.approval]);
  const merged = await hub.data("POST /tools/mcp__github__merge_pull_request/call", merge);
  const proxied = await hub.send("DELETE /proxy/github/repos/acme/web", { key });
  const typed = await cli.error(["proxy", "github", "/user", "--profile", "coder", "--test"]);

  expect(merged).toMatchObject({ status: "done", data: { merged: true }, simulated: true });
  const refusal = { code: "address_refused", hint: expect.stringContaining("Call its tools, which are simulated") };
  expect(proxied).toMatchObject({ status: 403, body: refusal });
  expect(typed).toMatchObject(refusal);
  expect(github.exchanges.map(({ path }) => path)).toEqual(["/user"]);
});

test("people are told nothing by the test world, and child processes are given its own credentials", async () => {
  const { cli, key } = await arrange();
  await cli.data(["--test", "connect", "telegram", "--config", "defaultChatId=7"]);
  await cli.data(["env", "allow", "coder", "github", "GITHUB_TOKEN"]);
  const exec = ["exec", "--test", "--profile", "coder", "--", process.execPath, "-p", "process.env.GITHUB_TOKEN"];
  const hub = await startHub(cli);

  const told = await hub.data("POST /notify", { key, body: { message: "Done." } });
  const lentNothing = await cli.run(exec);
  await cli.data(["--test", "credentials", "set", "github", "--credential", "GITHUB_TOKEN=ghp_of_the_test_world"]);
  await cli.data(["--test", "env", "allow", "coder", "github", "GITHUB_TOKEN"]);
  const lent = await cli.run(exec);

  expect(told).toMatchObject({ channel: expect.stringMatching(/^telegram:int_/), simulated: true });
  expect([lentNothing.stdout, lent.stdout]).toEqual(["undefined\n", "ghp_of_the_test_world\n"]);
});

test("an owner's own server answers for a service in the test world", async () => {
  const { github, cli } = await arrange();
  const at = ["--base-url", github.url, "--credential", "GITHUB_TOKEN=ghp_of_the_test_world"];

  const refused = await cli.error(["--test", "connect", "github", "--base-url", "https://api.github.com"]);
  const connected = await cli.data(["--test", "connect", "github", "--label", "staging", ...at]);

  expect(refused).toMatchObject({ code: "address_refused", exitCode: 3 });
  expect(connected).toMatchObject({ label: "staging", account_id: "1" });
  expect(github.exchanges.at(-1)?.headers["authorization"]).toBe("Bearer ghp_of_the_test_world");
});
