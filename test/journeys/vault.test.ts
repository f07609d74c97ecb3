import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onEachStore, startService, type TestDatabase } from "#testing";
import type { Store } from "../../src/store/open.ts";
import { openVault } from "../../src/vault/open-vault.ts";
import { type Cli, openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const [KEY, NEXT_KEY] = ["11".repeat(32), "22".repeat(32)] as const;
const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";

/** A hub on this store that has an account of GitHub, and an agent that may use it. */
async function arrange(database: TestDatabase, env: Readonly<Record<string, string>> = {}) {
  const github = await startService({
    "GET /user": { id: 1, login: "octo" },
    "POST /repos/acme/web/issues": { number: 1, title: "T", state: "open", html_url: "https://x" },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: github.host, PATCHBAY_DATABASE_URL: database.url, ...env });
  const { id } = await cli.data([
    "connect",
    "github",
    "--base-url",
    github.url,
    "--credential",
    `GITHUB_TOKEN=${TOKEN}`,
  ]);
  await cli.data(["profiles", "create", "coder"]);
  await cli.data(["grants", "set", "coder", "github"]);
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "coder"]);
  const input = { owner: "acme", repo: "web", title: "T" };
  return {
    cli,
    key,
    integrationId: String(id),
    /** Whether the credential could be opened and was sent. */
    callBy: async (hub: Awaited<ReturnType<typeof startHub>>) => {
      const answer = await hub.send("POST /tools/mcp__github__create_issue/call", { key, body: { input } });
      const sent = github.exchanges.at(-1)?.headers["authorization"];
      return answer.status === 200 && sent === `Bearer ${TOKEN}`;
    },
  };
}

/** Seals that many more secrets, as if the account had them. */
async function addSecrets(store: Store, integrationId: string, count: number): Promise<void> {
  const vault = await openVault({ store, masterKey: { key: Buffer.from(KEY, "hex"), where: "a test" } });
  const { workspace_id } = await store.db.selectFrom("integrations").selectAll().executeTakeFirstOrThrow();
  const rows = Array.from({ length: count }, async (_, index) => {
    const field = `FIELD_${index}`;
    const address = { workspaceId: workspace_id, belongsTo: integrationId, field };
    const sealed = await vault.seal(address, "more");
    return { integration_id: integrationId, workspace_id, field, sealed, updated_at: new Date().toISOString() };
  });
  await store.db
    .insertInto("credentials")
    .values(await Promise.all(rows))
    .execute();
}

async function findingOf(cli: Cli, name: string, env: Readonly<Record<string, string>> = {}) {
  const { stdout } = await cli.run(["doctor", "--json"], { env });
  const { checks } = JSON.parse(stdout).data as { checks: { check: string }[] };
  return checks.find(({ check }) => check === name);
}

await onEachStore((makeDatabase) => {
  test("a rotation that is killed is told by doctor and goes on, while a hub works all along", async () => {
    const database = await makeDatabase();
    const { cli, integrationId, callBy } = await arrange(database, { PATCHBAY_MASTER_KEY: KEY });
    const store = await database.open();
    await addSecrets(store, integrationId, 800);
    const hub = await startHub(cli);
    const [before] = await store.db.selectFrom("data_keys").selectAll().execute();
    const countLeft = async () => {
      const old = store.db.selectFrom("credentials").where("sealed", "like", `v1.${before?.id}.%`);
      const { count } = await old.select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
      return count;
    };

    const rotation = cli.spawn(["vault", "rotate"]);
    await rotation.noted("moved");
    await rotation.stop("SIGKILL");
    const left = await countLeft();
    const meanwhile = await callBy(hub);
    const told = await findingOf(cli, "vault");
    const status = await cli.data(["vault", "status"]);
    const resumed = await cli.data(["vault", "rotate"]);
    const healthy = await findingOf(cli, "vault");
    const again = await cli.data(["vault", "rotate"]);
    const afterwards = await callBy(hub);
    await hub.stop();
    const actions = await cli.data<{ action: string }[]>(["audit", "list", "--action", "vault.rotate"]);

    expect(left).toBeGreaterThan(0);
    expect([meanwhile, afterwards]).toEqual([true, true]);
    expect(told).toMatchObject({
      state: "warning",
      fact: `${left} of 801 secrets are still sealed by an older data key: a rotation was interrupted.`,
      fix: 'Finish it with "patchbay vault rotate".',
    });
    expect(status).toMatchObject({ secrets: 801, left_to_move: left, data_keys: 2 });
    expect(resumed).toMatchObject({ resumed: true, moved: left, left_to_move: 0, data_keys: 2 });
    expect(healthy).toMatchObject({ state: "ok", fact: "One data key seals all 801 secrets." });
    expect(again).toMatchObject({ resumed: false, moved: 801, left_to_move: 0, data_keys: 3 });
    expect(actions).toHaveLength(2);
  });

  test("a hub that runs seals by the data key that another process made", async () => {
    const database = await makeDatabase();
    const { cli, integrationId, callBy } = await arrange(database, { PATCHBAY_MASTER_KEY: KEY });
    const { key: owner } = await cli.data<{ key: string }>(["keys", "create"]);
    const hub = await startHub(cli);
    await callBy(hub);

    await cli.data(["vault", "rotate"]);
    const works = await callBy(hub);
    const credentials = { GITHUB_TOKEN: TOKEN };
    await hub.data(`PUT /integrations/${integrationId}/credentials`, { key: owner, body: { credentials } });
    const status = await cli.data(["vault", "status"]);

    expect(works).toBe(true);
    expect(status).toMatchObject({ secrets: 1, left_to_move: 0, data_keys: 2 });
  });

  test("a new master key takes the old one's place in its file, however often the change is killed", async () => {
    const database = await makeDatabase();
    const { cli, callBy } = await arrange(database);
    const path = join(cli.home, "master.key");
    const first = readFileSync(path, "utf8");
    const hub = await startHub(cli);

    for (const _ of [1, 2, 3]) {
      const before = readFileSync(path, "utf8");
      const change = cli.spawn(["vault", "change-master-key"]);
      const isUnderWay = () => existsSync(`${path}.next`) || readFileSync(path, "utf8") !== before;
      await expect.poll(isUnderWay).toBe(true);
      await change.stop("SIGKILL");
    }
    const changed = await cli.data(["vault", "change-master-key"]);
    const running = await callBy(hub);
    await hub.stop();
    const restarted = await callBy(await startHub(cli));

    expect(changed).toMatchObject({ master_key: path, next: expect.stringContaining("Restart") });
    expect(readFileSync(path, "utf8")).not.toBe(first);
    expect(existsSync(`${path}.next`)).toBe(false);
    expect(readdirSync(cli.home).filter((name) => name.startsWith("master"))).toEqual(["master.key"]);
    expect([running, restarted]).toEqual([true, true]);
    expect(cli.transcript()).not.toContain(readFileSync(path, "utf8").trim());
  });

  test("from the environment the master key goes into a file or another variable, which then opens the vault", async () => {
    const database = await makeDatabase();
    const { cli } = await arrange(database, { PATCHBAY_MASTER_KEY: KEY });
    const file = join(cli.cwd, "keys", "new.key");

    const nowhere = await cli.error(["vault", "change-master-key"]);
    const unset = await cli.error(["vault", "change-master-key", "--env", "NEW_KEY"]);
    const both = await cli.error(["vault", "change-master-key", "--env", "NEW_KEY", "--file", file]);
    const toEnv = await cli.data(["vault", "change-master-key", "--env", "NEW_KEY"], { env: { NEW_KEY: NEXT_KEY } });
    const old = await cli.error(["vault", "status"]);
    const env = { PATCHBAY_MASTER_KEY: NEXT_KEY };
    const toFile = await cli.data(["vault", "change-master-key", "--file", file], { env });
    const byFile = { PATCHBAY_MASTER_KEY: "", PATCHBAY_MASTER_KEY_FILE: file };
    const opened = await cli.data(["integrations", "verify", "github"], { env: byFile });

    expect([nowhere, unset, both]).toMatchObject([{ exitCode: 2 }, { exitCode: 4 }, { exitCode: 2 }]);
    expect(toEnv).toMatchObject({ master_key: "NEW_KEY", next: expect.stringContaining("PATCHBAY_MASTER_KEY") });
    expect(old).toMatchObject({ code: "conflict", hint: expect.stringContaining("the new one") });
    expect(toFile).toMatchObject({ master_key: file, next: expect.stringContaining(file) });
    expect(opened).toMatchObject({ status: "active" });
    for (const key of [NEXT_KEY, readFileSync(file, "utf8").trim()]) expect(cli.transcript()).not.toContain(key);
  });
});
