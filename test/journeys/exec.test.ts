import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { openCli } from "./open-cli.ts";

const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";
const EXEC = ["exec", "--profile", "coder", "--"];
const NODE = [...EXEC, process.execPath, "-e"];

async function arrange() {
  const service = await startService({
    "GET /user": { id: 1, login: "octo" },
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1" },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host, GH_TOKEN: "of the shell", OWN: "kept" });
  const connect = (name: string, credential: string) =>
    cli.data(["connect", name, "--base-url", service.url, "--credential", credential]);
  await connect("github", `GITHUB_TOKEN=${TOKEN}`);
  await connect("slack", "SLACK_BOT_TOKEN=xoxb-0123456789-abcdef");
  await cli.data(["profiles", "create", "coder"]);
  await cli.data(["grants", "set", "coder", "github"]);
  await cli.data(["grants", "set", "coder", "slack"]);
  return cli;
}

/** A profile that was granted nothing. */
async function arrangeEmpty() {
  const cli = openCli();
  await cli.data(["profiles", "create", "coder"]);
  return cli;
}

const SHOW = `process.stdout.write(JSON.stringify(Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /TOKEN|PATCHBAY|OWN/.test(name)))))`;

test("a command gets exactly the variables that were allowed, and nothing of Patchbay's own", async () => {
  const cli = await arrange();

  const before = await cli.run([...NODE, SHOW]);
  await cli.data(["env", "allow", "coder", "github", "GITHUB_TOKEN", "GH_TOKEN"]);
  const allowed = await cli.run([...NODE, SHOW]);
  await cli.data(["env", "deny", "coder", "github", "GH_TOKEN"]);
  const fewer = await cli.run([...NODE, SHOW]);
  const listed = await cli.data<{ variable: string; allowed: boolean }[]>(["env", "list", "coder"]);
  const audit = await cli.data<{ action: string; details: object }[]>(["audit", "list"]);

  expect(JSON.parse(before.stdout)).toEqual({ GH_TOKEN: "of the shell", OWN: "kept" });
  expect(JSON.parse(allowed.stdout)).toEqual({ GH_TOKEN: TOKEN, GITHUB_TOKEN: TOKEN, OWN: "kept" });
  expect(JSON.parse(fewer.stdout)).toEqual({ GH_TOKEN: "of the shell", GITHUB_TOKEN: TOKEN, OWN: "kept" });
  expect(listed.filter(({ allowed: is }) => is).map(({ variable }) => variable)).toEqual(["GITHUB_TOKEN"]);
  const lent = audit.filter(({ action }) => action === "env.lend").map(({ details }) => details);
  expect(lent).toEqual([
    { variables: "GITHUB_TOKEN", purpose: `exec ${process.execPath}` },
    { variables: "GH_TOKEN GITHUB_TOKEN", purpose: `exec ${process.execPath}` },
  ]);
  expect(JSON.stringify([listed, audit])).not.toContain(TOKEN);
});

test("input, output and exit code are the command's own", async () => {
  const cli = await arrangeEmpty();
  const script = "process.stdin.pipe(process.stdout); process.stderr.write('aside'); process.exitCode = 7;";

  const ended = await cli.run([...NODE, script], { stdin: "through and through" });
  const options = await cli.run([
    ...EXEC,
    process.execPath,
    "-p",
    "process.argv.slice(1).join()",
    "--",
    "--json",
    "--help",
  ]);

  expect(ended).toEqual({ exitCode: 7, stdout: "through and through", stderr: "aside" });
  expect(options).toMatchObject({ exitCode: 0, stdout: "--json,--help\n" });
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s reaches the command", async (signal) => {
  const cli = await arrangeEmpty();
  const script = `process.on(${JSON.stringify(signal)}, () => process.exit(42)); console.log("up"); setInterval(() => {}, 1000)`;
  const running = cli.spawn([...NODE, script]);
  await running.printed("up");

  const ended = await running.stop(signal);

  expect(ended).toMatchObject({ exitCode: 42, stdout: "up\n" });
});

test("a command that dies of a signal is told as shells do", async () => {
  const cli = await arrangeEmpty();

  const ended = await cli.run([...NODE, "process.kill(process.pid, 'SIGKILL')"]);

  expect(ended.exitCode).toBe(128 + 9);
});

test("what can't be run is told apart from what is not there", async () => {
  const cli = await arrangeEmpty();
  writeFileSync(join(cli.cwd, "plain.txt"), "no program");
  chmodSync(join(cli.cwd, "plain.txt"), 0o644);

  const missing = await cli.run([...EXEC, "no-such-command-here"]);
  const plain = await cli.run([...EXEC, "./plain.txt"]);

  expect(missing).toEqual({ exitCode: 127, stdout: "", stderr: "no-such-command-here can't be run: ENOENT.\n" });
  expect(plain).toEqual({ exitCode: 126, stdout: "", stderr: "./plain.txt can't be run: EACCES.\n" });
});

test("without a profile that is known nothing is run", async () => {
  const cli = await arrangeEmpty();

  const unknown = await cli.run(["exec", "--profile", "nobody", "--", process.execPath, "-e", "console.log('ran')"]);
  const unnamed = await cli.run(["exec", "--", process.execPath, "-e", "console.log('ran')"]);

  expect([unknown.exitCode, unnamed.exitCode]).toEqual([4, 2]);
  expect(unknown.stdout + unnamed.stdout).toBe("");
});

test("--json is for whoever it stands before", async () => {
  const cli = await arrangeEmpty();

  const ours = await cli.run(["exec", "--profile", "nobody", "--json", "--", "true"]);
  const theirs = await cli.run(["exec", "--profile", "nobody", "--", "true", "--json"]);

  expect(JSON.parse(ours.stderr)).toMatchObject({ error: { code: "not_found" } });
  expect(theirs.stderr).toMatch(/^✗ /);
});

test("a profile's layers are lines of a Dockerfile", async () => {
  const cli = await arrange();

  const written = await cli.run(["layers", "--profile", "coder"]);
  const document = await cli.data<{ layers: unknown }>(["layers", "--profile", "coder"]);
  await cli.data(["grants", "set", "coder", "github", "--off"]);
  const without = await cli.run(["layers", "--profile", "coder"]);

  expect(written.exitCode).toBe(0);
  expect(written.stdout).toMatch(/^# GitHub CLI \(github\)\nRUN [^\n]*\bgh\b[^\n]*\n$/);
  expect(document.layers).toMatchObject([{ service: "github", name: "GitHub CLI" }]);
  expect(without).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});
