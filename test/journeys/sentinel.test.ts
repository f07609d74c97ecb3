import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport, type Transport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { type Exchange, startService } from "#testing";
import { type Cli, openCli } from "./open-cli.ts";
import { startHub } from "./start-hub.ts";

const SECRETS = {
  GITHUB_TOKEN: "ghp_Sentinel0123456789Sentinel0123456789",
  SLACK_BOT_TOKEN: "xoxb-Sentinel-0123456789-abcdef",
  TELEGRAM_BOT_TOKEN: "424242:Sentinel_0123456789-abcdefghi",
  RESEND_API_KEY: "re_Sentinel0_0123456789abcdefghijk",
};

/** A service that repeats the credential it was sent wherever it can: in bodies, headers, codes and errors. */
function startTattler() {
  const tattle = ({ headers, path }: Exchange) => `${headers["authorization"] ?? ""} ${path}`;
  const issue = { number: 1, title: "T", state: "open", html_url: "https://github.com/x", user: { login: "octo" } };
  return startService({
    "GET /user": { id: 1, login: "octo", name: "Octo" },
    "POST /repos/acme/web/issues": (exchange: Exchange) => ({
      ...issue,
      title: tattle(exchange),
      body: tattle(exchange),
    }),
    "GET /repos/acme/web/issues/1": (exchange: Exchange) => ({
      status: 404,
      headers: { "x-token": tattle(exchange).trim() },
      body: { message: `No issue for ${tattle(exchange)}`, documentation_url: tattle(exchange) },
    }),
    "GET /repos/acme/web/issues": (exchange: Exchange) => ({ status: 500, body: tattle(exchange) }),
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
    "POST /chat.postMessage": (exchange: Exchange) => ({ ok: false, error: tattle(exchange) }),
    [`POST /bot${SECRETS.TELEGRAM_BOT_TOKEN}/getMe`]: {
      ok: true,
      result: { id: 1, is_bot: true, first_name: "B", username: "b" },
    },
    [`POST /bot${SECRETS.TELEGRAM_BOT_TOKEN}/sendMessage`]: (exchange: Exchange) => ({
      status: 400,
      body: { ok: false, error_code: 400, description: `Bad Request: ${exchange.path}` },
    }),
    "GET /domains": { data: [] },
    "POST /emails": (exchange: Exchange) => ({
      status: 422,
      body: { name: "validation_error", message: tattle(exchange) },
    }),
  });
}

/** All spellings in which a credential could be read back. */
const spellings = Object.values(SECRETS).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("base64url"),
  Buffer.from(secret).toString("hex"),
]);

function findIn(text: string): string[] {
  return spellings.filter((spelling) => text.includes(spelling));
}

const REPOSITORY = { owner: "acme", repo: "web" };

const CALLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ["mcp__github__create_issue", { ...REPOSITORY, title: "T" }],
  ["mcp__github__read_issue", { ...REPOSITORY, number: 1 }],
  ["mcp__github__list_issues", REPOSITORY],
  ["mcp__slack__post_message", { channel: "C1", text: "hi" }],
  ["mcp__telegram__send_message", { chat_id: "1", text: "hi" }],
  ["mcp__email__send_email", { to: ["c@example.com"], subject: "S", text: "T" }],
  ["mcp__notify__notify_user", { message: "hi", channel: "slack" }],
  ["mcp__notify__notify_user", { message: "hi", channel: "telegram" }],
  ["mcp__integrations__status", {}],
  ["mcp__integrations__inspect", { service: "github" }],
];

const SETTINGS: Readonly<Record<keyof typeof SECRETS, readonly string[]>> = {
  GITHUB_TOKEN: ["github"],
  SLACK_BOT_TOKEN: ["slack", "--config", "notifyChannel=C1"],
  TELEGRAM_BOT_TOKEN: ["telegram", "--config", "defaultChatId=1"],
  RESEND_API_KEY: ["email", "--config", "from=a@example.com", "--config", "to=b@example.com"],
};

async function connectAll(cli: Cli, baseUrl: string): Promise<void> {
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const secret = SECRETS[name as keyof typeof SECRETS];
    await cli.data(["connect", ...settings, "--base-url", baseUrl, "--credential", `${name}=${secret}`]);
  }
  await cli.data(["profiles", "create", "spy"]);
  for (const [service = ""] of Object.values(SETTINGS)) await cli.data(["grants", "set", "spy", service]);
  await cli.data(["grants", "set", "spy", "email", "--unasked", "send_email"]);
}

/** Calls everything as an agent, and gives all that it was answered. */
async function callAll(transport: Transport): Promise<string> {
  const client = new Client({ name: "spy", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(transport);
  const answers = [];
  for (const [name, input] of CALLS) answers.push(await client.callTool({ name, arguments: input }));
  await client.close();
  return JSON.stringify(answers);
}

test("no credential is in any result, error, log, audit entry or file, whatever the services do with it", async () => {
  const service = await startTattler();
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: service.host, PATCHBAY_LOG_LEVEL: "debug" });
  const hub = await startHub(cli);
  await connectAll(cli, service.url);
  const { key } = await cli.data<{ key: string }>(["keys", "create", "--profile", "spy"]);
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  const stdio = { command: process.execPath, args: [cli.main, "mcp", "--profile", "spy"], env: { ...cli.env } };

  const answers = [
    await callAll(new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit })),
    await callAll(new StdioClientTransport({ ...stdio, stderr: "ignore" })),
  ];
  await cli.error(["connect", "github", "--credential", `GITHUB_TOKEN=wrong ${SECRETS.GITHUB_TOKEN}`]);
  await cli.error(["connect", "slack", "--credential", `SLACK_BOT_TOKE=${SECRETS.SLACK_BOT_TOKEN}`]);
  await cli.error([
    "tools",
    "call",
    "mcp__github__list_issues",
    "--profile",
    "spy",
    "--input",
    JSON.stringify(REPOSITORY),
  ]);
  for (const args of [
    ["integrations", "list"],
    ["integrations", "inspect", "github"],
    ["audit", "list"],
    ["notifications", "list"],
    ["doctor"],
  ]) {
    await cli.run(args);
    await cli.run([...args, "--json"]);
  }
  await hub.stop();

  const tokensSeen = service.exchanges.map(({ headers }) => headers["authorization"]);
  expect(tokensSeen).toContain(`Bearer ${SECRETS.GITHUB_TOKEN}`);
  expect(answers.join("")).toContain("[redacted]");
  expect(findIn(answers.join(""))).toEqual([]);
  expect(cli.transcript()).toContain("call.outcome");
  expect(findIn(cli.transcript())).toEqual([]);
  const files = readdirSync(cli.home).map((name) => readFileSync(join(cli.home, name), "latin1"));
  expect(files.join("")).toContain("call.outcome");
  expect(findIn(files.join(""))).toEqual([]);
});
