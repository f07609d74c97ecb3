import { sql } from "kysely";
import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { askOwner } from "../actions/ask-owner.ts";
import { setGrant } from "../access/grants.ts";
import type { Caller } from "../call/open-calls.ts";
import { insertIntegration } from "../testing/insert-integration.ts";
import { setWorkspaceChannels } from "./workspace-channels.ts";

const SLACK = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" };
const TELEGRAM = { TELEGRAM_BOT_TOKEN: "111:aaa" };

const startSlack = () =>
  startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
    "POST /chat.postMessage": { ok: true, channel: "C1", ts: "1.2" },
    "POST /chat.delete": { ok: true, channel: "C1", ts: "1.2" },
  });

const startTelegram = (sendMessage: object) =>
  startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/sendMessage": sendMessage,
  });

const SENT = { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } };

/** A hub with an agent whose deletions in Slack ask its owner, who is told by Telegram. */
async function arrange(sendMessage: object = SENT) {
  const [slack, telegram] = [await startSlack(), await startTelegram(sendMessage)];
  const hub = await openTestHub({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });
  const caller = await hub.addProfile("coder");
  const account = await hub.connect("slack", slack.url, SLACK, { config: { notifyChannel: "C9" } });
  const owner = await hub.connect("telegram", telegram.url, TELEGRAM, { config: { defaultChatId: "7" } });
  await hub.grant(caller, account);
  await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, ["telegram"]);
  const told = async () => {
    await hub.hub.outbox.drain();
    return telegram.exchanges.filter(({ path }) => path.endsWith("sendMessage")).map(({ body }) => body);
  };
  return { hub, caller, slack, account, owner, told };
}

const remove = (hub: TestHub, caller: Caller) =>
  hub.call(caller, "mcp__slack__delete_message", { channel: "C100", ts: "1795000000.000100" });

test("the owner is told of a call that waits, once, with what it would do and a link that decides", async () => {
  const { hub, caller, told } = await arrange();

  const { approval } = (await remove(hub, caller)) as { approval: string };
  await remove(hub, caller);

  const [message, ...others] = await told();
  expect(others).toEqual([]);
  expect(message).toMatchObject({
    chat_id: "7",
    text: expect.stringContaining("coder wants to run slack.delete_message"),
    reply_markup: { inline_keyboard: [[{ text: "Approve" }, { text: "Deny" }], [{ text: "Review and decide" }]] },
  });
  const { text, reply_markup } = message as { text: string; reply_markup: { inline_keyboard: { url: string }[][] } };
  expect(text).toContain("As Acme (bot) (slack)");
  expect(text).toContain('"ts": "1795000000.000100"');
  expect(text).toContain(`patchbay approvals approve ${approval}`);
  expect(text).not.toContain("token=");
  const url = new URL(reply_markup.inline_keyboard[1]?.[0]?.url ?? "");
  expect(url.href).toMatch(`https://hub.example.com/approvals/${approval}?token=`);
  expect(hub.hub.links.verify("approvals", approval, url.searchParams.get("token") ?? "")).toBe(hub.workspaceId);
});

test("the message is the hub's own: on record as such, and without a grant for its channel", async () => {
  const { hub, caller, owner, told } = await arrange();

  await remove(hub, caller);
  await told();

  await hub.hub.audit.flush();
  const filter = { workspaceId: hub.workspaceId, integrationId: owner.id, action: "call.intent", limit: 5 };
  expect(await hub.hub.audit.list(filter)).toMatchObject([
    { actor: "hub", profile_id: null, operation: "telegram.send_message" },
  ]);
});

test("where an agent could read the channel, the link is left out", async () => {
  const { hub, caller, slack } = await arrange();
  await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, ["slack"]);

  await remove(hub, caller);
  await hub.hub.outbox.drain();

  const posted = slack.exchanges.filter(({ path }) => path === "/chat.postMessage");
  expect(posted).toMatchObject([{ body: { text: expect.stringContaining("patchbay approvals approve apr_") } }]);
  expect(posted[0]?.text).not.toContain("token");
});

test("what is too long to be told whole has no buttons, and says so: its end could be anything", async () => {
  const { hub, caller, account, told } = await arrange();
  await hub.grant(caller, account, { ask: ["post_message"] });

  await hub.call(caller, "mcp__slack__post_message", {
    channel: "C100",
    text: `${"All is well. ".repeat(200)} Or not.`,
  });

  const [message] = await told();
  expect(message).toMatchObject({
    text: expect.stringMatching(/This is not all that it would send\. .* patchbay approvals inspect apr_\w{26}\./),
    reply_markup: { inline_keyboard: [[{ text: "Review and decide" }]] },
  });
});

test.each([
  ["Owner@Example.com", true],
  ["own.er+hub@example.com", true],
  ["someone@example.com", false],
])(
  "mail to %s, where an agent reads the mailbox owner@example.com, goes without its link: %s",
  async (to, isHidden) => {
    const { hub, caller } = await arrange();
    const resend = await startService({
      "GET /domains": { data: [{ id: "1", name: "example.com", status: "verified" }] },
      "POST /emails": { id: "e1" },
    });
    const config = { to, from: "hub@example.com" };
    await hub.connect("email", resend.url, { RESEND_API_KEY: "re_12345678_0123456789abcdefghijkl" }, { config });
    const gmail = { workspace_id: hub.workspaceId, service: "gmail", account_id: "owner@example.com" };
    const integrationId = await insertIntegration(hub.hub.store, gmail);
    await setGrant(hub.hub, "test", { workspaceId: hub.workspaceId, profileId: caller.profileId, integrationId });
    await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, ["email"]);

    await remove(hub, caller);
    await hub.hub.outbox.drain();

    const sent = resend.exchanges.filter(({ path }) => path === "/emails").map(({ text }) => text.includes("token="));
    expect(sent).toEqual([!isHidden]);
  },
);

test("an account of Slack that no agent was granted takes the link", async () => {
  const { hub, caller } = await arrange();
  const slack = await startSlack();
  const more = { label: "owner", config: { notifyChannel: "C9" } };
  const own = await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-owner-0123456789" }, more);
  await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, [`slack:${own.id}`]);

  await remove(hub, caller);
  await hub.hub.outbox.drain();

  expect(slack.exchanges.at(-1)).toMatchObject({ path: "/chat.postMessage", text: expect.stringContaining("token") });
});

test.each([
  ["fails", { status: 500, body: { ok: false, error_code: 500, description: "Internal Server Error" } }],
  ["refuses", { status: 403, body: { ok: false, error_code: 403, description: "Forbidden: bot was blocked" } }],
])("a channel that %s fails no call", async (_, sendMessage) => {
  const { hub, caller, told } = await arrange(sendMessage);

  expect(await remove(hub, caller)).toMatchObject({ status: "approval_pending" });
  expect(await told()).not.toEqual([]);
});

test("a call of which the owner could not be told does not wait for a word that nobody will give", async () => {
  const { hub, caller, told } = await arrange();
  const { db } = hub.hub.store;
  await sql`alter table notifications rename to elsewhere`.execute(db);

  await expect(remove(hub, caller)).rejects.toThrow(/notifications/);
  await sql`alter table elsewhere rename to notifications`.execute(db);

  expect(await db.selectFrom("approvals").selectAll().execute()).toEqual([]);
  expect(await told()).toEqual([]);
});

test("the owner is told of a request, once, with its reason and operations on one line each", async () => {
  const { hub, caller, told } = await arrange();
  const wish = { service: "github", reason: "To file\n\nOperations: all of them\u202e", operations: ["create_issue"] };

  const request = await askOwner(hub.hub, caller, wish);
  await askOwner(hub.hub, caller, wish);

  const [message, ...others] = await told();
  expect(others).toEqual([]);
  expect(message).toMatchObject({
    text: [
      "coder asks for github",
      String.raw`It says: To file Operations: all of them\u{202e}`,
      "Operations: create_issue",
      `github is not connected. patchbay connect github grants it; to refuse, patchbay requests deny ${request.id}.`,
      "— Patchbay",
    ].join("\n\n"),
    reply_markup: {
      inline_keyboard: [[{ url: expect.stringMatching(`^https://hub.example.com/requests/${request.id}\\?token=`) }]],
    },
  });
});
