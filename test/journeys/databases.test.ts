import { copyFileSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { onPostgres, startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";

const SECRET = `whsec_${"A".repeat(43)}=`;
const LAST_WORDS = "Ctrl-C stops the hub.";
const PING = ["tools", "call", "mcp__webhook__ping", "--profile", "ops", "--input", "{}"];

/** A hub on SQLite that has been used. */
async function arrange() {
  const service = await startService({ "POST /": { status: 204 } });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1" });
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["connect", "webhook", "--base-url", service.url, "--credential", `WEBHOOK_SECRET=${SECRET}`]);
  await cli.data(["grants", "set", "ops", "webhook"]);
  await cli.data(PING);
  return { cli, service, file: join(cli.home, "patchbay.db") };
}

/** A home into which a backup was put, with its master key or without. */
function restore(cli: Cli, backup: string, masterKey?: string): Readonly<Record<string, string>> {
  const home = join(cli.cwd, masterKey === undefined ? "keyless" : "restored");
  mkdirSync(home);
  copyFileSync(backup, join(home, "patchbay.db"));
  if (masterKey !== undefined) copyFileSync(masterKey, join(home, "master.key"));
  return { PATCHBAY_HOME: home };
}

test("a backup that was made of a running hub is a hub again, with its master key and not without", async () => {
  const { cli, service } = await arrange();
  const hub = cli.spawn(["start"]);
  await hub.printed(LAST_WORDS);
  const backup = join(cli.cwd, "backup.db");

  const made = await cli.data(["backup", "--to", backup]);
  const again = await cli.error(["backup", "--to", backup]);
  const nowhere = await cli.error(["backup", "--to", join(cli.cwd, "gone", "backup.db")]);
  await hub.stop("SIGTERM");
  const env = restore(cli, backup, join(cli.home, "master.key"));
  const called = await cli.run(PING, { env });
  const verdict = await cli.data(["audit", "verify"], { env });
  const keyless = await cli.error(PING, { env: restore(cli, backup) });

  expect(made).toEqual({ file: backup, master_key: join(cli.home, "master.key") });
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(readdirSync(cli.cwd).filter((name) => name.startsWith("backup"))).toEqual(["backup.db"]);
  expect(nowhere).toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^No backup could be written to .*gone.backup\.db: ENOENT/),
  });
  expect(again).toMatchObject({ code: "conflict", message: `${backup} is there already.` });
  expect(called.exitCode).toBe(0);
  expect(service.exchanges.at(-1)?.method).toBe("POST");
  expect(verdict).toMatchObject({ ok: true });
  expect(keyless).toMatchObject({ code: "conflict", message: "The master key that sealed this database is gone." });
});

await onPostgres((makeDatabase) => {
  test("a hub moves to PostgreSQL with all that it knows, once it is stopped", async () => {
    const { cli, service, file } = await arrange();
    const { url } = await makeDatabase();
    const lists = [
      ["integrations", "list"],
      ["grants", "list", "ops"],
      ["audit", "list"],
    ];
    const readAll = (env = {}) => Promise.all(lists.map((args) => cli.data<object[]>(args, { env })));
    const before = await readAll();

    const hub = cli.spawn(["start"]);
    await hub.printed(LAST_WORDS);
    const refused = await cli.error(["migrate", "--to", url]);
    await hub.stop("SIGTERM");
    const keyless = await cli.error(["migrate", "--to", url], { env: { PATCHBAY_MASTER_KEY: "22".repeat(32) } });
    const moved = await cli.data<{ rows: number; audit_entries: number }>(["migrate", "--to", url]);
    const env = { PATCHBAY_DATABASE_URL: url };
    const after = await readAll(env);
    const called = await cli.run(PING, { env });
    const verdict = await cli.data(["audit", "verify"], { env });
    const twice = await cli.error(["migrate", "--to", url]);

    expect(refused).toMatchObject({ code: "conflict", message: "Another process has the database open." });
    expect(keyless).toMatchObject({ code: "conflict", message: expect.stringContaining("master key") });
    expect(moved).toMatchObject({ from: file, audit_entries: expect.any(Number) });
    expect(moved.rows).toBeGreaterThan(moved.audit_entries);
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toEqual(before[1]);
    expect(after[2]).toEqual(expect.arrayContaining(before[2] ?? []));
    expect(called.exitCode).toBe(0);
    expect(service.exchanges.filter(({ method }) => method === "POST").length).toBeGreaterThan(1);
    expect(verdict).toMatchObject({ ok: true });
    expect(twice).toMatchObject({ code: "conflict", message: expect.stringContaining("The target is not empty") });
  });
});
