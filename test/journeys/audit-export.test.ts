import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

async function arrange() {
  const cli = openCli();
  await cli.data(["profiles", "create", "one"]);
  await cli.data(["profiles", "create", "two"]);
  return cli;
}

interface Entry {
  readonly action: string;
}

const open = (home: string) => new Database(join(home, "patchbay.db"));

test("the ledger is written as JSON Lines and CSV, to stdout or a file of its owner's", async () => {
  const cli = await arrange();

  const lines = await cli.run(["audit", "export"]);
  const file = await cli.run(["audit", "export", "--format", "csv", "--out", "audit.csv"]);
  const told = await cli.data(["audit", "export", "--out", "audit.jsonl"]);
  const wrong = await cli.run(["audit", "export", "--format", "xml"]);

  expect(
    lines.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).seq),
  ).toEqual([1, 2]);
  expect(file).toMatchObject({ exitCode: 0, stdout: "" });
  expect(readFileSync(join(cli.cwd, "audit.csv"), "utf8").trim().split("\r\n")).toHaveLength(3);
  expect(statSync(join(cli.cwd, "audit.csv")).mode & 0o077).toBe(0);
  expect(told).toEqual({ file: join(cli.cwd, "audit.jsonl"), format: "jsonl" });
  expect(readFileSync(join(cli.cwd, "audit.jsonl"), "utf8")).toBe(lines.stdout);
  expect(wrong.exitCode).toBe(2);
});

test("an anchor proves that the ledger still contains what it once did", async () => {
  const cli = await arrange();
  const kept = await cli.run(["audit", "anchor", "--json"]);
  writeFileSync(join(cli.cwd, "anchor.json"), kept.stdout);
  const verify = ["audit", "verify", "--anchor", "anchor.json"];
  await cli.data(["profiles", "create", "three"]);

  const whole = await cli.run([...verify, "--json"]);
  const database = open(cli.home);
  database.exec("delete from audit_entries where seq > 1");
  database.exec("update audit_heads set seq = 1, hash = (select hash from audit_entries where seq = 1)");
  database.close();
  const without = await cli.run(["audit", "verify", "--json"]);
  const cut = await cli.run([...verify, "--json"]);
  const missing = await cli.error(["audit", "verify", "--anchor", "nowhere.json"]);
  writeFileSync(join(cli.cwd, "anchor.json"), "{}");
  const wrong = await cli.error(verify);

  expect(JSON.parse(kept.stdout).data).toMatchObject({ seq: 2, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect([whole.exitCode, JSON.parse(whole.stdout).data]).toEqual([0, { ok: true, entries: 3 }]);
  expect([without.exitCode, JSON.parse(without.stdout).data]).toEqual([0, { ok: true, entries: 1 }]);
  expect([cut.exitCode, JSON.parse(cut.stdout).data]).toEqual([
    1,
    { ok: false, entries: 1, broken_at: 2, reason: "it is missing, and all up to 2" },
  ]);
  expect([missing, wrong]).toMatchObject([{ exitCode: 2 }, { exitCode: 2 }]);
});

test("a running hub exports to the owner's key, and to no other", async () => {
  const cli = await arrange();
  const hub = await startHub(cli);
  const owner = await cli.data<{ key: string }>(["keys", "create"]);
  const agent = await cli.data<{ key: string }>(["keys", "create", "--profile", "one"]);
  const get = (query: string, key: string) =>
    fetch(`${hub.url}/v1/audit/export${query}`, { headers: { authorization: `Bearer ${key}` } });

  const answers = await Promise.all([
    get("", owner.key),
    get("?format=csv", owner.key),
    get("?format=xml", owner.key),
    get("", agent.key),
    get("", "pb_live_unknown"),
  ]);
  const [lines = "", csv = ""] = await Promise.all(answers.slice(0, 2).map((answer) => answer.text()));
  await hub.stop();

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 403, 401]);
  expect(JSON.parse(lines.split("\n")[0] ?? "")).toMatchObject({ seq: 1, action: "profile.create" });
  expect(csv).toMatch(/^workspace_id,seq,/);
});

test("the ledger is filtered by what happened, to whom and with what, by command and by REST alike", async () => {
  const receiver = await startService({ "POST /hook": { status: 204 } });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: receiver.host });
  const secret = `WEBHOOK_SECRET=whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  const { id } = await cli.data(["connect", "webhook", "--base-url", `${receiver.url}/hook`, "--credential", secret]);
  const one = await cli.data(["profiles", "create", "one"]);
  await cli.data(["profiles", "create", "two"]);
  await cli.data(["grants", "set", "one", "webhook"]);
  const send = ["tools", "call", "mcp__webhook__send_event", "--input", '{"type":"built","data":{}}'];
  await cli.data([...send, "--profile", "one"]);
  await cli.run([...send, "--profile", "two"]);
  const { key } = await cli.data<{ key: string }>(["keys", "create"]);
  const hub = await startHub(cli);
  const filters = {
    action: "call.intent",
    operation: "webhook.send_event",
    profile: String(one["id"]),
    integration: String(id),
  };

  const lists = await Promise.all(
    Object.entries(filters).map(async ([name, value]) => {
      const printed = await cli.data<Entry[]>(["audit", "list", `--${name}`, value]);
      const answered = await hub.data<Entry[]>(`GET /audit?${name}=${value}`, { key });
      expect(answered).toEqual(printed);
      return [name, printed.map(({ action }) => action)];
    }),
  );
  const both = await hub.data(`GET /audit?profile=${filters.profile}&action=call.outcome`, { key });
  const byName = await hub.data("GET /audit?profile=one&integration=webhook&action=call.outcome", { key });
  const unknown = await cli.error(["audit", "list", "--profile", "nobody"]);
  const verdict = await hub.data("GET /audit/verify", { key });

  expect(byName).toEqual(both);
  expect(unknown).toMatchObject({ exitCode: 4, code: "not_found" });
  expect(Object.fromEntries(lists)).toEqual({
    action: ["call.intent"],
    operation: ["call.refused", "call.outcome", "call.intent"],
    profile: ["call.outcome", "call.intent", "grant.set", "profile.create"],
    integration: ["call.outcome", "call.intent", "grant.set", "integration.connect"],
  });
  expect(both).toMatchObject([{ action: "call.outcome", profile_id: filters.profile }]);
  expect(verdict).toMatchObject({ ok: true });
});
