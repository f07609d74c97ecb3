import { expect, test } from "vitest";
import { type Exchange, openTestHub, startService, type TestHub } from "#testing";
import type { ActionContext } from "./action.ts";
import { delete as removeCredentials, set as setCredentials } from "./credentials.ts";
import {
  actions,
  available,
  change,
  config,
  configure,
  connect,
  describe,
  inspect,
  list,
  status,
  verify,
} from "./integrations.ts";

const TOKEN = "ghp_sentinel0123456789";
const OTHERS_TOKEN = "ghp_sentinel9876543210";

const userOf = ({ headers }: Exchange) =>
  headers["authorization"] === `Bearer ${OTHERS_TOKEN}`
    ? { id: 8, login: "cat", html_url: "https://github.com/cat" }
    : { id: 7, login: "octo", html_url: "https://github.com/octo" };

const startGithub = () => startService({ "GET /user": userOf });

function contextOf({ hub }: TestHub, principal = hub.owner): ActionContext {
  return hub.contextOf(principal, new AbortController().signal);
}

const startTelegram = () =>
  startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
  });

async function connectTelegram(hub: TestHub, url: string) {
  return hub.connect("telegram", url, { TELEGRAM_BOT_TOKEN: "111:aaa" }, { config: { defaultChatId: "7" } });
}

test("what is connected is listed with its tools, which actions shows with their inputs", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const { id } = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });

  const { data } = await list.run({ limit: 50 }, contextOf(hub));
  const tools = await actions.run({ integration: id, limit: 1 }, contextOf(hub));

  expect(data).toMatchObject([
    { id, label: "octo", status: "active", available_tools: expect.arrayContaining(["mcp__github__create_issue"]) },
  ]);
  expect(tools).toEqual({
    data: [
      {
        tool: data[0]?.available_tools[0],
        effect: expect.any(String),
        summary: expect.any(String),
        input: expect.objectContaining({ type: "object" }),
      },
    ],
    next_cursor: data[0]?.available_tools[0],
  });
});

test("a service is described by all that is needed to connect it", async () => {
  const hub = await openTestHub();

  const { data } = await available.run({ limit: 200 }, contextOf(hub));
  const described = await describe.run({ service: "telegram" }, contextOf(hub));

  expect(data.map(({ service }) => service)).toEqual([...hub.hub.catalog.services]);
  expect(described).toMatchObject({
    service: "telegram",
    auth: ["api_key"],
    connected: 0,
    credentials: expect.arrayContaining([
      expect.objectContaining({ name: "TELEGRAM_BOT_TOKEN", required: true, pattern_hint: expect.any(String) }),
    ]),
    config: { type: "object", properties: { defaultChatId: expect.any(Object) } },
    operations: expect.arrayContaining([
      expect.objectContaining({ operation: "send_message", tool: "mcp__telegram__send_message", effect: "write" }),
    ]),
  });
});

test("a version of the connector that is not there is refused, and the one that is named", async () => {
  const hub = await openTestHub();
  const { version } = await hub.hub.catalog.connector("github");

  const connecting = connect.run(
    { service: "github", version: "9.9.9", credentials: { GITHUB_TOKEN: TOKEN } },
    contextOf(hub),
  );

  await expect(connecting).rejects.toMatchObject({ code: "invalid_input", hint: expect.stringContaining(version) });
});

test("settings change one by one, null takes one away, and the connector's schema is the judge", async () => {
  const telegram = await startTelegram();
  const hub = await openTestHub();
  const { id } = await connectTelegram(hub, telegram.url);
  const owner = contextOf(hub);

  const changed = await configure.run({ integration: id, config: { defaultChatId: "8" } }, owner);
  const emptied = await configure.run({ integration: id, config: { defaultChatId: null } }, owner);
  const unknown = configure.run({ integration: id, config: { colour: "red" } }, owner);

  expect([changed, emptied]).toEqual([{ defaultChatId: "8" }, {}]);
  await expect(unknown).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining("colour") });
  expect(await config.run({ integration: id }, owner)).toEqual({});
});

test("a label changes, unless another account of the service has it", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const { id } = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  await hub.connect("github", github.url, { GITHUB_TOKEN: OTHERS_TOKEN }, { label: "spare" });

  const changed = await change.run({ integration: id, label: "work" }, contextOf(hub));
  const taken = change.run({ integration: id, label: "spare" }, contextOf(hub));

  expect(changed).toMatchObject({ id, label: "work" });
  await expect(taken).rejects.toMatchObject({ code: "conflict" });
});

test("verify keeps what the service said: an error when it refuses, active when it takes the credential again", async () => {
  const answers = { user: 401 };
  const github = await startService({
    "GET /user": (exchange: Exchange) => (answers.user === 200 ? userOf(exchange) : { status: answers.user, body: {} }),
  });
  const hub = await openTestHub();
  answers.user = 200;
  const { id } = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });

  answers.user = 401;
  const refused = await verify.run({ integration: id }, contextOf(hub));
  answers.user = 200;
  const taken = await verify.run({ integration: id }, contextOf(hub));

  expect(refused).toMatchObject({ status: "error", status_reason: expect.stringContaining("refused the credential") });
  expect(taken).toMatchObject({ status: "active", status_reason: null });
});

test("a broken account's status names the command that mends it, with all that it had", async () => {
  const answer = { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" };
  let isTaken = true;
  const slack = await startService({
    "POST /auth.test": () => (isTaken ? answer : { ok: false, error: "invalid_auth" }),
  });
  const hub = await openTestHub();
  const credentials = { SLACK_BOT_TOKEN: "xoxb-1-sentinel", SLACK_SIGNING_SECRET: "0".repeat(32) };
  const { id } = await hub.connect("slack", slack.url, credentials);
  const working = await status.run({ integration: id }, contextOf(hub));

  isTaken = false;
  await verify.run({ integration: id }, contextOf(hub));

  const command = `patchbay credentials set ${id} --credential SLACK_BOT_TOKEN=… --credential SLACK_SIGNING_SECRET=…`;
  expect(working.reconnect).toBe(null);
  expect(await status.run({ integration: id }, contextOf(hub))).toMatchObject({ status: "error", reconnect: command });
});

test("verify says nothing of a credential when the service is down", async () => {
  const answers = { user: 200 };
  const github = await startService({
    "GET /user": (exchange: Exchange) => (answers.user === 200 ? userOf(exchange) : { status: answers.user, body: {} }),
  });
  const hub = await openTestHub();
  const { id } = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });

  answers.user = 503;
  const verifying = verify.run({ integration: id }, contextOf(hub));

  await expect(verifying).rejects.toMatchObject({ code: "service_failed" });
  expect(await status.run({ integration: id }, contextOf(hub))).toMatchObject({ status: "active" });
});

test("new credentials of the same account are stored once the service has taken them", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const row = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });

  const replaced = await setCredentials.run(
    { integration: "github", credentials: { GITHUB_TOKEN: "ghp_sentinel5555555555" } },
    contextOf(hub),
  );

  expect(replaced).toMatchObject({ id: row.id, status: "active" });
  expect(JSON.stringify(replaced)).not.toContain("sentinel");
  expect(await hub.hub.credentialsOf(row)).toEqual({ GITHUB_TOKEN: "ghp_sentinel5555555555" });
});

test("credentials of another account, or of the wrong shape, are refused, and the old ones stay", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const row = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  const put = (token: string) =>
    setCredentials.run({ integration: row.id, credentials: { GITHUB_TOKEN: token } }, contextOf(hub));

  await expect(put(OTHERS_TOKEN)).rejects.toMatchObject({ code: "conflict" });
  await expect(put("nonsense")).rejects.toMatchObject({ code: "invalid_input" });
  expect(await hub.hub.credentialsOf(row)).toEqual({ GITHUB_TOKEN: TOKEN });
});

test("without its credentials an account is pending and its tools are gone; its grants work again with new ones", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const coder = await hub.addProfile("coder");
  const row = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  await hub.grant(coder, row);
  const toolsOf = async () => (await hub.hub.calls.listTools(coder.profileId)).length;
  const before = await toolsOf();

  const removed = await removeCredentials.run({ integration: row.id }, contextOf(hub));
  const without = await toolsOf();
  const verifying = verify.run({ integration: row.id }, contextOf(hub));

  expect(removed).toMatchObject({ status: "pending" });
  expect(without).toBe(0);
  await expect(verifying).rejects.toMatchObject({ code: "conflict", hint: "Set them first." });
  await setCredentials.run({ integration: row.id, credentials: { GITHUB_TOKEN: TOKEN } }, contextOf(hub));
  expect(await toolsOf()).toBe(before);
});

test("a profile sees the state of what it was granted, of no other profile and of nothing else", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const [coder, other] = [await hub.addProfile("coder"), await hub.addProfile("other")];
  const row = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  await hub.grant(coder, row);
  await hub.grant(other, row);
  const stranger = await hub.addProfile("stranger");

  const seen = await status.run({ integration: "github" }, contextOf(hub, coder));
  const unseen = status.run({ integration: row.id }, contextOf(hub, stranger));

  expect(seen).toMatchObject({ status: "active", profiles: [{ profile: "coder", enabled: true }] });
  await expect(unseen).rejects.toMatchObject({ code: "not_found", hint: expect.not.stringContaining("octo") });
});

test("an account whose connector is gone is still shown, without tools", async () => {
  const hub = await openTestHub();
  const row = { id: "int_01h455vb4pex5vsknk084sn02q", workspace_id: hub.workspaceId, service: "gone", label: "old" };
  const rest = {
    connector_version: "1.0.0",
    account_id: null,
    account_name: null,
    status: "active",
    status_reason: null,
    base_url: null,
  } as const;
  const times = { connected_at: null, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  await hub.hub.store.db
    .insertInto("integrations")
    .values({ ...row, ...rest, ...times, config: "{}" })
    .execute();

  const shown = await inspect.run({ integration: "gone" }, contextOf(hub));

  expect(shown).toMatchObject({ service: "gone", tools: [] });
});
