import { once } from "node:events";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";

const TOKEN = "ghp_sentinel0123456789";
const [KEY, OTHER_KEY] = ["11".repeat(32), "22".repeat(32)] as const;

interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly { check: string; state: string; fact: string; fix?: string }[];
}

async function diagnose(cli: Cli, env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout } = await cli.run(["doctor", "--json"], { env });
  const { ok, checks } = (JSON.parse(stdout) as { data: Diagnosis }).data;
  return { exitCode, ok, byName: Object.fromEntries(checks.map(({ check, ...found }) => [check, found])) };
}

async function openConnectedCli(isTokenGood: () => boolean): Promise<Cli> {
  const service = await startService({
    "GET /user": () =>
      isTokenGood()
        ? { id: 7, login: "octo", html_url: "https://github.com/octo" }
        : { status: 401, body: { message: `Bad credentials ${TOKEN}` } },
  });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host, PATCHBAY_MASTER_KEY: KEY });
  await cli.data(["connect", "github", "--base-url", service.url, "--credential", `GITHUB_TOKEN=${TOKEN}`]);
  return cli;
}

test("a healthy hub is told so, check by check", async () => {
  const cli = await openConnectedCli(() => true);

  const { exitCode, ok, byName } = await diagnose(cli);
  const shown = await cli.run(["doctor"]);

  expect([exitCode, ok]).toEqual([0, true]);
  expect(Object.values(byName).filter(({ state }) => state === "failure")).toEqual([]);
  expect(byName).toMatchObject({
    Node: { state: "ok" },
    "config file": { state: "ok" },
    "data folder": { state: "ok" },
    address: { state: "ok" },
    "public URL": { state: "ok" },
    keychain: { state: "ok" },
    database: { state: "ok" },
    "master key": { state: "ok", fact: "The key in PATCHBAY_MASTER_KEY opens the vault." },
    "audit of default (live)": { state: "ok", fact: "All 1 entries are as they were written." },
    "github:octo": { state: "ok", fact: "It answers octo." },
  });
  expect(shown).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^✓ Node [^]*✓ github:octo\s+It answers octo\./),
  });
});

test("a wrong master key, a changed ledger and a refused credential are failures, each with its mending", async () => {
  let isTokenGood = true;
  const cli = await openConnectedCli(() => isTokenGood);

  const wrongKey = await diagnose(cli, { PATCHBAY_MASTER_KEY: OTHER_KEY });
  isTokenGood = false;
  const database = new Database(join(cli.home, "patchbay.db"));
  database.prepare("update audit_entries set actor = 'someone'").run();
  database.close();
  const changed = await diagnose(cli);
  const shown = await cli.run(["doctor"]);

  expect(wrongKey).toMatchObject({ exitCode: 1, ok: false, byName: { "master key": { state: "failure" } } });
  expect(changed).toMatchObject({
    exitCode: 1,
    byName: {
      "master key": { state: "ok" },
      "audit of default (live)": { state: "failure", fact: expect.stringContaining("Entry 1 ") },
      "github:octo": { state: "failure", fix: expect.stringContaining("patchbay connect github") },
    },
  });
  expect(shown.stdout).toMatch(/✗ github:octo\s+GitHub refused the credential: status 401\.\n\s+Connect it again/);
  expect(cli.transcript()).not.toContain(TOKEN);
});

test("a lost master key is said so, and none is made in its place", async () => {
  const cli = await openConnectedCli(() => true);

  const { exitCode, byName } = await diagnose(cli, { PATCHBAY_MASTER_KEY: "" });

  expect(exitCode).toBe(1);
  expect(byName["master key"]).toMatchObject({ state: "failure", fix: expect.stringContaining("master.key") });
  expect(existsSync(join(cli.home, "master.key"))).toBe(false);
});

test("an address that another program uses is a failure, and one that the hub answers at is not", async () => {
  const raw = createServer((socket) => void socket.end("SSH-2.0\r\n")).listen(0, "127.0.0.1");
  onTestFinished(() => void raw.close());
  await once(raw, "listening");
  await using web = await startService({ "GET /mcp": { status: 401, headers: { "www-authenticate": "Basic" } } });
  const cli = openCli();
  const hub = cli.spawn(["start", "--json"]);
  const { data } = JSON.parse(await hub.printed("\n}\n")) as { data: { url: string } };

  const notHttp = await diagnose(cli, { PATCHBAY_PORT: String((raw.address() as AddressInfo).port) });
  const notOurs = await diagnose(cli, { PATCHBAY_PORT: new URL(web.url).port });
  const ours = await diagnose(cli, { PATCHBAY_PORT: new URL(data.url).port });

  const another = { state: "failure", fact: expect.stringContaining("another program") };
  expect([notHttp, notOurs].map(({ byName }) => byName["address"])).toMatchObject([another, another]);
  expect(ours.byName["address"]).toMatchObject({ state: "ok", fact: expect.stringContaining("Patchbay runs at") });
});

test("a machine without a hub is not given one", async () => {
  const cli = openCli();

  const first = await diagnose(cli);
  const second = await diagnose(cli);

  expect(first).toMatchObject({
    exitCode: 0,
    byName: {
      "data folder": { fact: `${cli.home} is not there yet, and will be made.` },
      database: { state: "warning", fix: 'Make one with "patchbay start".' },
    },
  });
  expect(second).toEqual(first);
});

test("what others could see or reach in the wrong way is a warning", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);
  chmodSync(cli.home, 0o755);

  const open = await diagnose(cli, { PATCHBAY_HOST: "0.0.0.0" });
  const plain = await diagnose(cli, { PATCHBAY_PUBLIC_URL: "http://hub.example.com" });
  const proper = await diagnose(cli, { PATCHBAY_PUBLIC_URL: "https://hub.example.com/patchbay/" });

  expect(open).toMatchObject({
    exitCode: 0,
    byName: {
      "data folder": { state: "warning", fix: `Close it with "chmod 700 ${cli.home}".` },
      "public URL": { state: "warning", fix: expect.stringContaining("PATCHBAY_PUBLIC_URL") },
    },
  });
  expect(plain.byName["public URL"]).toMatchObject({
    state: "warning",
    fact: "http://hub.example.com is not encrypted.",
  });
  expect(proper.byName["public URL"]).toEqual({ state: "ok", fact: "Links lead to https://hub.example.com/patchbay." });
});

test("a config file that is wrong, and a database that is none, are failures", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);
  writeFileSync(join(cli.cwd, "none.db"), "this is not a database, however long it is made".repeat(100));

  const noDatabase = await diagnose(cli, { PATCHBAY_DATABASE_URL: join(cli.cwd, "none.db") });
  writeFileSync(join(cli.cwd, "mcp.config.json"), '{ "sever": {} }');
  const badFile = await diagnose(cli);

  expect(noDatabase.byName["database"]).toMatchObject({ state: "failure", fact: expect.stringContaining("none.db") });
  expect(badFile).toMatchObject({ exitCode: 1, byName: { "config file": { state: "failure" } } });
  expect(badFile.byName["config file"]?.fact).toMatch(/mcp\.config\.json:1: sever is not a setting/);
});
