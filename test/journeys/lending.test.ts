import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const ORACLE = fileURLToPath(new URL("../fixtures/language-models/connector.ts", import.meta.url));
const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";

/** A hub that runs, with an agent that was granted GitHub and a service of language models. */
async function arrange() {
  const service = await startService({
    "GET /user": { id: 1, login: "octo" },
    "GET /models": { data: [{ id: "delphi-1", title: "Delphi", window: 1000 }] },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host });
  writeFileSync(join(cli.cwd, "mcp.config.json"), JSON.stringify({ connectors: [ORACLE] }));
  const connect = (name: string, credential: string) =>
    cli.data(["connect", name, "--base-url", service.url, "--credential", credential]);
  await connect("github", `GITHUB_TOKEN=${TOKEN}`);
  await connect("oracle", "ORACLE_KEY=oracle-sentinel-0123456789");
  await cli.data(["profiles", "create", "coder"]);
  await cli.data(["grants", "set", "coder", "github"]);
  await cli.data(["grants", "set", "coder", "oracle"]);
  const { key: owner } = await cli.data<{ key: string }>(["keys", "create"]);
  const { key: agent } = await cli.data<{ key: string }>(["keys", "create", "--profile", "coder"]);
  const reading = ["keys", "create", "--profile", "coder", "--scope", "credentials:read"];
  const { key: reader } = await cli.data<{ key: string }>(reading);
  return { cli, hub: await startHub(cli), owner, agent, reader };
}

test("a variable leaves the hub for the key that may read it, once it is allowed, and each time on record", async () => {
  const { cli, hub, owner, agent, reader } = await arrange();
  const values = (key: string) => hub.send("GET /profiles/coder/env/values?purpose=ci", { key });

  const before = await values(reader);
  const refused = await hub.send("POST /profiles/coder/grants/github/env", {
    key: reader,
    body: { variables: ["GITHUB_TOKEN"] },
  });
  await hub.data("POST /profiles/coder/grants/github/env", { key: owner, body: { variables: ["GITHUB_TOKEN"] } });
  const given = await values(reader);
  const kept = await values(agent);
  const printed = await cli.run([
    "exec",
    "--profile",
    "coder",
    "--",
    process.execPath,
    "-p",
    "process.env.GITHUB_TOKEN",
  ]);
  await cli.data(["env", "deny", "coder", "github"]);
  await expect.poll(async () => (await values(reader)).body).toEqual({ data: {} });
  const lent = await hub.data<readonly object[]>("GET /audit?action=env.lend", { key: owner });
  const layers = [
    await cli.data(["layers", "--profile", "coder"]),
    await hub.data("GET /profiles/coder/layers", { key: agent }),
  ];

  expect([before, given].map(({ body }) => body)).toEqual([{ data: {} }, { data: { GITHUB_TOKEN: TOKEN } }]);
  expect([refused.status, kept.status]).toEqual([403, 403]);
  expect(printed.stdout).toBe(`${TOKEN}\n`);
  expect(lent).toMatchObject([
    { actor: "cli", details: { variables: "GITHUB_TOKEN" } },
    { actor: expect.stringContaining("key_"), details: { variables: "GITHUB_TOKEN", purpose: "ci" } },
  ]);
  expect(JSON.stringify(lent)).not.toContain(TOKEN);
  expect(layers[0]).toEqual(layers[1]);
});

test("an account's language models are listed by command, by REST and by the agent's tool", async () => {
  const { cli, hub, owner, agent } = await arrange();
  const models = [{ id: "delphi-1", name: "Delphi", context_tokens: 1000 }];

  const answers = [
    await cli.data(["integrations", "models", "oracle"]),
    await hub.data("GET /integrations/oracle/models", { key: owner }),
    await hub.data("GET /integrations/oracle/models", { key: agent }),
  ];
  const byTool = await hub.data("POST /tools/mcp__integrations__models/call", { key: agent, body: { input: {} } });
  const none = await hub.send("GET /integrations/github/models", { key: owner });
  await cli.data(["grants", "set", "coder", "oracle", "--off"]);
  const off = await hub.send("GET /integrations/oracle/models", { key: agent });

  expect(answers).toMatchObject([{ models }, { models }, { models }]);
  expect(JSON.stringify(byTool)).toContain("delphi-1");
  expect([none.status, off.status]).toEqual([404, 403]);
});
