import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startService } from "#testing";
import { CLIENTS } from "./any-client.ts";
import { openCli } from "./open-cli.ts";

const LAST_WORDS = "Ctrl-C stops the hub.";

interface Opening {
  readonly clients: readonly { client: string; transport: string; text: string }[];
}

function findServer({ clients }: Opening, client: string, transport: string) {
  const config = clients.find((each) => each.client === client && each.transport === transport);
  return JSON.parse(config?.text ?? "").mcpServers.patchbay;
}

const names = ({ tools }: { tools: readonly { name: string }[] }) => tools.map(({ name }) => name);

test("a first start says where everything is, and stops when told", async () => {
  const cli = openCli();

  const hub = cli.spawn(["start"]);
  const opening = await hub.printed(LAST_WORDS);
  const end = await hub.stop("SIGTERM");

  expect(opening).toMatch(/^Patchbay \S+ runs at http:\/\/127\.0\.0\.1:\d+\n/);
  expect(opening).toContain(`data         ${cli.home}\n`);
  expect(opening).toContain(`master key   ${cli.home}/`);
  expect(opening).toContain("A new master key was made.");
  expect(opening).toMatch(/owner key\s+pb_live_\S+ {2}\(shown once: keep it\)/);
  expect(opening).toContain("patchbay grants set default github  let");
  expect(end).toMatchObject({ exitCode: 0, stderr: "Patchbay has stopped.\n" });
});

test("the owner's key is shown once, whatever was made before and however often the hub starts", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);
  await cli.data(["keys", "create", "--profile", "ops"]);

  const first = cli.spawn(["start"]);
  const opening = await first.printed(LAST_WORDS);
  await first.stop("SIGINT");
  const second = cli.spawn(["start"]);
  const reopening = await second.printed(LAST_WORDS);
  const end = await second.stop("SIGINT");

  expect(opening).toMatch(/owner key\s+pb_live_/);
  expect(reopening).not.toMatch(/pb_live_|A new master key/);
  expect(reopening).toContain('YOUR_KEY is what "patchbay keys create --profile ops" prints.');
  expect(end.exitCode).toBe(0);
});

test("the printed configuration connects a client, by stdio and by HTTP", async () => {
  const cli = openCli();
  const hub = cli.spawn(["start", "--json"]);
  const { data } = JSON.parse(await hub.printed("\n}\n")) as { data: Opening };
  const stdio = findServer(data, "Claude Desktop", "stdio");
  const http = findServer(data, "Cursor", "http");
  const [, open] = CLIENTS[2];

  const byStdio = await open(stdio, () => undefined);
  const byHttp = await open({ url: new URL(http.url), key: http.headers.Authorization.slice(7) }, () => undefined);

  expect(names(await byStdio.listTools())).toContain("mcp__integrations__list");
  expect(names(await byHttp.listTools())).toContain("mcp__integrations__list");
  expect(data).toMatchObject({
    data: cli.home,
    database: join(cli.home, "patchbay.db"),
    master_key: { created: true },
    owner_key: expect.stringMatching(/^pb_live_/),
    profile: "default",
    profile_key: expect.stringMatching(/^pb_live_/),
  });
});

test("the config file in the folder is applied, and its profiles are the ones to connect as", async () => {
  await using github = await startService({
    "GET /user": { id: 7, login: "octo", html_url: "https://github.com/octo" },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: github.host, TOKEN: "ghp_sentinel0123456789" });
  const credentials = { GITHUB_TOKEN: "${env:TOKEN}" };
  const file = {
    integrations: [{ service: "github", baseUrl: github.url, credentials }],
    profiles: { coder: { grants: [{ integration: "github" }] } },
  };
  writeFileSync(join(cli.cwd, "mcp.config.json"), JSON.stringify(file));

  const hub = cli.spawn(["start"]);
  const opening = await hub.printed(LAST_WORDS);
  await hub.stop("SIGTERM");
  const tools = await cli.data<{ name: string }[]>(["tools", "list", "--profile", "coder"]);

  expect(opening).toMatch(/profile\s+coder\n/);
  expect(names({ tools })).toContain("mcp__github__create_issue");
  expect(cli.transcript()).not.toContain("ghp_sentinel");
});

test("a config file can be named before the command and after it", async () => {
  const cli = openCli();
  const file = join(cli.cwd, "elsewhere.json");
  writeFileSync(file, JSON.stringify({ server: { publicUrl: "https://hub.example.com" } }));
  await cli.data(["profiles", "create", "ops"]);

  const [before, after] = [
    await cli.run(["--config", file, "client-config"]),
    await cli.run(["client-config", "--config", file]),
  ];
  const missing = await cli.error(["client-config", "--config", `${file}.gone`]);

  expect(before.stdout).toContain("https://hub.example.com/mcp");
  expect(after).toEqual(before);
  expect(missing).toMatchObject({ exitCode: 2, message: `The config file ${file}.gone can't be read.` });
});

test("a port in use is said so, and the owner's key is not spent on it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const cli = openCli();

  const refused = await cli.error(["start"], { env: { PATCHBAY_PORT: String(port) } });
  const hub = cli.spawn(["start"]);
  const opening = await hub.printed(LAST_WORDS);
  await hub.stop("SIGTERM");

  expect(refused).toMatchObject({
    exitCode: 7,
    code: "unavailable",
    message: `The address 127.0.0.1:${port} is in use.`,
  });
  expect(opening).toMatch(/owner key\s+pb_live_/);
});

test("client-config shows what each client must be told", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);

  const all = await cli.data<Opening["clients"]>(["client-config"]);
  const cursor = await cli.run(["client-config", "--client", "cursor", "--profile", "ops"]);
  const unknown = await cli.error(["client-config", "--client", "emacs"]);
  await cli.data(["profiles", "create", "dev"]);
  const unsaid = await cli.error(["client-config"]);

  expect(all).toHaveLength(7);
  expect(cursor.stdout).toMatch(/^Cursor \(stdio\)\nPut this into ~\/\.cursor[^]*Cursor \(http\)[^]*YOUR_KEY/);
  expect(unknown).toMatchObject({ code: "not_found", hint: "It knows Claude Desktop, Claude Code, Cursor, VS Code." });
  expect(unsaid).toMatchObject({ code: "invalid_input", hint: "Add --profile with one of dev, ops." });
});

test("mcp says on stderr what keeps it from starting, and nothing on stdout", async () => {
  const cli = openCli();

  const nowhere = await cli.run(["mcp", "--profile", "ops"]);
  await cli.data(["profiles", "create", "ops"]);
  const errors = [
    nowhere,
    await cli.run(["mcp", "--profile", "opps"]),
    await cli.run(["mcp", "--profile", "ops", "--service", "githup"]),
    await cli.run(["mcp"]),
    await cli.run(["mcp", "--profile", "ops", "--servce", "github"]),
  ];

  expect(errors.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
    [4, ""],
    [4, ""],
    [4, ""],
    [2, ""],
    [2, ""],
  ]);
  expect(errors.map(({ stderr }) => stderr)).toEqual([
    expect.stringMatching(/There is no hub in \S+home\.\n {2}Make one with "patchbay start"/),
    expect.stringContaining("The nearest are ops."),
    expect.stringContaining("The nearest are github"),
    expect.stringContaining("Required option '--profile <profile>' not specified."),
    expect.stringContaining("Did you mean --service?"),
  ]);
});

test("mcp reads no config file of the folder it is started in, and ends with its input", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);
  writeFileSync(join(cli.cwd, "mcp.config.json"), "not even JSON");

  const mcp = await cli.run(["mcp", "--profile", "ops", "--service", "notify"]);
  const told = await cli.error(["profiles", "list"]);

  expect(mcp).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(told).toMatchObject({ exitCode: 2, message: expect.stringContaining("mcp.config.json") });
});

test("mcp stops when told", async () => {
  const cli = openCli();
  await cli.data(["profiles", "create", "ops"]);

  const mcp = cli.spawn(["mcp", "--profile", "ops"]);
  mcp.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  await mcp.printed('"id":1');
  const end = await mcp.stop("SIGTERM");

  expect(end).toMatchObject({ exitCode: 0, stderr: "" });
});
