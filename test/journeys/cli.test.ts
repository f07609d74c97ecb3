import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";
import { GITHUB_TOKEN, startGithub } from "./start-github.ts";

/** Gives a command a terminal, where there is such a program. */
const SCRIPT = "/usr/bin/script";
const github = await startGithub();

function openGithubCli(): Cli {
  return openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: new URL(github.url).host });
}

const CONNECT = ["connect", "github", "--base-url", github.url, "--credential", `GITHUB_TOKEN=${GITHUB_TOKEN}`];
const ISSUE = JSON.stringify({ owner: "octo", repo: "app", title: "Made from the command line" });
const CREATE_ISSUE = ["tools", "call", "mcp__github__create_issue", "--profile", "ops", "--input", ISSUE];

test("an owner connects, grants and calls, and the token is in nothing that is printed", async () => {
  const cli = openGithubCli();

  const connected = await cli.data<{ id: string }>(CONNECT);
  const profile = await cli.data(["profiles", "create", "ops"]);
  const grant = await cli.data([
    "grants",
    "set",
    "ops",
    "github",
    "--on",
    "--allow",
    "create_issue",
    "--allow",
    "list_*",
  ]);
  const tools = await cli.data<{ name: string }[]>(["tools", "list", "--profile", "ops", "--service", "github"]);
  const called = await cli.data(CREATE_ISSUE);
  const inspected = await cli.run(["integrations", "inspect", "github"]);

  expect(connected).toMatchObject({
    id: expect.stringMatching(/^int_/),
    service: "github",
    label: "octo",
    status: "active",
  });
  expect(profile).toMatchObject({ id: expect.stringMatching(/^prof_/), name: "ops" });
  expect(grant).toMatchObject({
    integration: connected.id,
    enabled: true,
    policy: { allow: ["create_issue", "list_*"] },
  });
  expect(tools.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["mcp__github__create_issue", "mcp__github__list_issues"]),
  );
  expect(tools.map(({ name }) => name)).not.toContain("mcp__github__merge_pull_request");
  expect(called).toMatchObject({
    status: "done",
    data: { title: "Made from the command line" },
    account: { label: "octo" },
  });
  expect(inspected.stdout).toContain("mcp__github__create_issue");
  expect(cli.transcript()).not.toContain(GITHUB_TOKEN);
});

test("a credential can come from stdin, and what the connector has no setting for is refused", async () => {
  const cli = openGithubCli();
  const fromStdin = [...CONNECT.slice(0, 4), "--credential", "GITHUB_TOKEN=-", "--label", "work"];

  const connected = await cli.data(fromStdin, { stdin: `${GITHUB_TOKEN}\n` });
  const refused = await cli.error([...fromStdin, "--config", "team=3"], { stdin: `${GITHUB_TOKEN}\n` });

  expect(connected).toMatchObject({ label: "work", status: "active" });
  expect(refused).toMatchObject({ exitCode: 2, code: "invalid_input", message: expect.stringContaining("team") });
});

/** Runs a command at a terminal, types the answer to its question, and gives all that the terminal showed. */
async function runAtTerminal(cli: Cli, args: readonly string[], answer: string): Promise<string> {
  const command = [process.execPath, cli.main, ...args].join(" ");
  const terminal = spawn(SCRIPT, ["-qec", command, "/dev/null"], { cwd: cli.cwd, env: cli.env });
  let shown = "";
  for await (const chunk of terminal.stdout.setEncoding("utf8")) {
    shown += chunk;
    if (shown.endsWith("(not shown): ")) terminal.stdin.write(`${answer}\r`);
  }
  return shown;
}

test.skipIf(!existsSync(SCRIPT))("at a terminal, a credential that is missing is asked for and not shown", async () => {
  const cli = openGithubCli();

  const shown = await runAtTerminal(cli, ["connect", "github", "--base-url", github.url], GITHUB_TOKEN);

  expect(shown).toContain("Make one at https://github.com/settings/personal-access-tokens/new");
  expect(shown).toMatch(/label\S*\s+octo/);
  expect(shown).not.toContain(GITHUB_TOKEN);
});

test("a new key is data.key, is said to be shown once, and is never listed", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);

  const made = await cli.data(["keys", "create", "--profile", "ops", "--mode", "test", "--scope", "tools"]);
  const shown = await cli.run(["keys", "create"]);
  const listed = await cli.run(["keys", "list"]);

  expect(made).toEqual({ id: expect.stringMatching(/^key_/), key: expect.stringMatching(/^pb_test_/) });
  expect(shown.stdout).toMatch(/key\s+pb_live_\S+ {2}\(Shown this once: keep it\)/);
  expect(listed.stdout).not.toContain("pb_live_");
});

test("what an agent asks for waits for the owner, who grants it", async () => {
  const cli = openGithubCli();
  const asked = JSON.stringify({ service: "github", reason: "To file bugs" });
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["profiles", "create", "dev"]);

  const opened = await cli.data(["tools", "call", "mcp__integrations__request", "--profile", "ops", "--input", asked]);
  const pending = await cli.run(["requests", "list", "--status", "pending"]);
  const connected = await cli.data(CONNECT);
  const late = await cli.data<{ data: { request: string } }>([
    "tools",
    "call",
    "mcp__integrations__request",
    "--profile",
    "dev",
    "--input",
    asked,
  ]);
  const approved = await cli.data(["requests", "approve", late.data.request]);
  const called = await cli.data(CREATE_ISSUE);

  expect(opened).toMatchObject({ data: { status: "requested" } });
  expect(pending.stdout).toContain("To file bugs");
  expect(connected).toMatchObject({ granted_to: ["ops"] });
  expect(approved).toMatchObject({ id: late.data.request, status: "approved" });
  expect(called).toMatchObject({ status: "done" });
});

test("a call that asks waits for approval, and then runs once", async () => {
  const cli = openGithubCli();
  await cli.data(CONNECT);
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["grants", "set", "ops", "github", "--on", "--ask", "create_issue"]);

  const waiting = await cli.data<{ approval: string }>(CREATE_ISSUE);
  const listed = await cli.run(["approvals", "list"]);
  await cli.data(["approvals", "approve", waiting.approval]);
  const done = await cli.data(CREATE_ISSUE);
  const again = await cli.data(CREATE_ISSUE);

  expect(waiting).toMatchObject({ status: "approval_pending" });
  expect(listed.stdout).toContain("Made from the command line");
  expect([done, again]).toMatchObject([{ status: "done" }, { status: "approval_pending" }]);
});

test("Ctrl-C gives a call up", async () => {
  const asked = Promise.withResolvers<void>();
  await using service = await startService({
    "GET /user": { id: 7, login: "octo", html_url: "https://github.com/octo" },
    "POST /repos/octo/app/issues": ({ abandoned }) => (asked.resolve(), abandoned),
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host });
  await cli.data(["connect", "github", "--base-url", service.url, "--credential", `GITHUB_TOKEN=${GITHUB_TOKEN}`]);
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["grants", "set", "ops", "github"]);

  const call = cli.spawn(CREATE_ISSUE);
  await asked.promise;
  const end = await call.stop("SIGINT");

  expect(end).toMatchObject({ exitCode: 130, stdout: "" });
});

test("errors say what to do, and exit with the code of their kind", async () => {
  const cli = openGithubCli();
  await cli.data(CONNECT);
  await cli.data(["profiles", "create", "ops"]);

  const errors = [
    await cli.error(["conect", "github"]),
    await cli.error(["audit", "list", "--limt", "3"]),
    await cli.error(["audit", "list", "--limit", "0"]),
    await cli.error(["profiles"]),
    await cli.error(["profiles", "create"]),
    await cli.error(["profiles", "create", "ops"]),
    await cli.error(["grants", "set", "opps", "github"]),
    await cli.error(["grants", "set", "ops", "github", "--allow", "create_isue"]),
    await cli.error(["tools", "call", "mcp__github__create_issue", "--profile", "ops"]),
    await cli.error(["connect", "github", "--credential", "GITHUB_TOKEN=nonsense"]),
  ];

  expect(errors.map(({ exitCode, code, stdout }) => [exitCode, code, stdout])).toEqual([
    [2, "invalid_input", ""],
    [2, "invalid_input", ""],
    [2, "invalid_input", ""],
    [2, "invalid_input", ""],
    [2, "invalid_input", ""],
    [5, "conflict", ""],
    [4, "not_found", ""],
    [2, "invalid_input", ""],
    [3, "not_granted", ""],
    [2, "invalid_input", ""],
  ]);
  expect(errors.map(({ hint }) => hint)).toMatchObject([
    "Did you mean connect?",
    "Did you mean --limit?",
    "Add --help to see what it takes.",
    "Add --help to see them.",
    "Add --help to see what it takes.",
    "Choose another name.",
    "The nearest are ops.",
    expect.stringContaining("create_issue"),
    expect.any(String),
    expect.stringContaining("ghp_"),
  ]);
  expect(errors[2]?.["message"]).toContain("--limit");
});

test("a secret that is typed in the wrong place is not repeated", async () => {
  const cli = openCli();

  await cli.run(["connect", "github", GITHUB_TOKEN]);
  await cli.run(["connect", "github", "--credential", GITHUB_TOKEN]);
  await cli.run(["connect", "github", "--credential", "GITHUB_TOKEN", GITHUB_TOKEN]);
  await cli.run(["connect", "github", `--token=${GITHUB_TOKEN}`]);
  await cli.run(["connect", "github", "--credential", `TOKEN=${GITHUB_TOKEN}`]);

  expect(cli.transcript()).toContain("Unknown option '--token'.");
  expect(cli.transcript()).not.toContain(GITHUB_TOKEN);
});

test("a service's refusal is told in its own words, and without the token it repeats", async () => {
  await using service = await startService({
    "GET /user": { status: 401, body: { message: `Bad credentials: ${GITHUB_TOKEN}` } },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host });
  const connect = ["connect", "github", "--base-url", service.url, "--credential", `GITHUB_TOKEN=${GITHUB_TOKEN}`];

  const refused = await cli.run(connect);
  const error = await cli.error(connect);

  expect(refused.stderr).toContain("The service's own words: Bad credentials");
  expect(error).toMatchObject({
    exitCode: 5,
    code: "reconnect_required",
    service_words: expect.stringContaining("Bad"),
  });
  expect(cli.transcript()).not.toContain(GITHUB_TOKEN);
});

function changeFirstEntry(home: string): void {
  const database = new Database(join(home, "patchbay.db"));
  database.prepare("update audit_entries set actor = 'someone' where seq = 1").run();
  database.close();
}

test("the ledger is listed and verified, and a changed entry is a failure", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["profiles", "create", "dev"]);

  const listed = await cli.data(["audit", "list", "--action", "profile.create", "--limit", "1"]);
  const whole = await cli.data(["audit", "verify"]);
  changeFirstEntry(cli.home);
  const broken = await cli.run(["audit", "verify", "--json"]);

  expect(listed).toMatchObject([{ seq: 2, action: "profile.create", actor: "cli", details: { name: "dev" } }]);
  expect(whole).toEqual({ ok: true, entries: 2 });
  expect(broken.exitCode).toBe(1);
  expect(JSON.parse(broken.stdout).data).toMatchObject({ ok: false, broken_at: 1 });
});

test("notify sends as a profile, and its verb may be left out", async () => {
  await using receiver = await startService({ "POST /hook": { status: 204 } });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: receiver.host });
  const secret = `WEBHOOK_SECRET=whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  await cli.data(["connect", "webhook", "--base-url", `${receiver.url}/hook`, "--credential", secret]);
  await cli.data(["channels", "set", "webhook"]);
  await cli.data(["profiles", "create", "ops"]);

  const sent = await cli.data(["notify", "Build is green", "--profile", "ops", "--urgency", "low"]);
  await cli.data(["channels", "set", "--none"]);
  const channels = await cli.data(["channels", "list"]);

  expect(sent).toMatchObject({ channel: expect.stringMatching(/^webhook/) });
  expect(receiver.exchanges.at(-1)?.body).toMatchObject({
    data: { message: "Build is green", urgency: "low", profile: "ops" },
  });
  expect(channels).toEqual([]);
});

test("the version and the help go to stdout, and a missing command is an error", async () => {
  const cli = openCli();

  const [version, help, nothing] = [await cli.run(["--version"]), await cli.run(["--help"]), await cli.run([])];

  expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" });
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("To begin with:"), stderr: "" });
  expect(nothing).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("A command is missing.") });
});
