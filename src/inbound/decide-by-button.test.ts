import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { setWorkspaceChannels } from "../notify/workspace-channels.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";

interface Choice {
  readonly text: string;
  readonly callback_data: string;
}

/** An agent whose deletions in Slack ask its owner, who is told by Telegram, or by a Slack of the owner's own. */
async function arrange(channel: "telegram" | "owner's slack") {
  const account = { ok: true, team_id: "T1", user_id: "U0BOT", team: "Acme", user: "bot" };
  const posted = { ok: true, channel: "C900", ts: "1795000000.000900" };
  const answers = { "POST /auth.test": account, "POST /chat.postMessage": posted, "POST /chat.update": posted };
  const slack = await startService({ ...answers, "POST /chat.delete": { ok: true, channel: "C1", ts: "1.2" } });
  const ownerSlack = await startService({ ...answers, "POST /auth.test": { ...account, team_id: "T2" } });
  const sent = { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } };
  const telegram = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/sendMessage": sent,
    "POST /bot111:aaa/editMessageText": sent,
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.grant(caller, await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" }));
  const bot = { TELEGRAM_BOT_TOKEN: "111:aaa", TELEGRAM_WEBHOOK_SECRET: SECRET };
  const app = { SLACK_BOT_TOKEN: "xoxb-owner-0123456789", SLACK_SIGNING_SECRET: SECRET };
  const owner =
    channel === "telegram"
      ? await hub.connect("telegram", telegram.url, bot, { config: { defaultChatId: "7" } })
      : await hub.connect("slack", ownerSlack.url, app, { label: "owner", config: { notifyChannel: "#ops" } });
  await setWorkspaceChannels(hub.hub, "cli", hub.workspaceId, [`${owner.service}:${owner.id}`]);
  const remove = () => hub.call(caller, "mcp__slack__delete_message", { channel: "C100", ts: "1795000000.000100" });
  const { approval } = (await remove()) as { approval: string };
  await hub.hub.outbox.drain();
  const status = async () =>
    (await hub.hub.store.db.selectFrom("approvals").select("status").where("id", "=", approval).executeTakeFirst())
      ?.status;
  return { hub, owner, remove, approval, status, slack, service: channel === "telegram" ? telegram : ownerSlack };
}

/** Two buttons below what the owner was told, and a way to press one. */
async function arrangeTelegram() {
  const world = await arrange("telegram");
  const { hub, owner, service } = world;
  const sent = service.exchanges.filter(({ path }) => path.endsWith("sendMessage")).map(({ body }) => body);
  const [{ reply_markup, text }] = sent as [
    {
      text: string;
      reply_markup: { inline_keyboard: [[Choice, Choice]] };
    },
  ];
  const [[approve, deny]] = reply_markup.inline_keyboard;
  let update = 0;
  const press = (data: string, chat = 7) => {
    update += 1;
    const message = { message_id: 5, date: 1, chat: { id: chat, type: "private" }, text };
    const callback_query = { id: "1", from: { id: chat, first_name: "Ada" }, data, message };
    return hub.hub.inbound.receive(owner.id, {
      headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET },
      bytes: Buffer.from(JSON.stringify({ update_id: update, callback_query })),
      url: "",
    });
  };
  const edits = () => service.exchanges.filter(({ path }) => path.endsWith("editMessageText")).map(({ body }) => body);
  return { ...world, approve, deny, press, edits };
}

test("a press of Approve lets the call run once, and the message says who did it", async () => {
  const { hub, approve, press, edits, status, remove } = await arrangeTelegram();

  await press(approve.callback_data);

  expect(approve.text).toBe("Approve");
  expect(approve.callback_data.length).toBeLessThanOrEqual(64);
  expect(await status()).toBe("approved");
  await expect
    .poll(edits)
    .toEqual([{ chat_id: 7, message_id: 5, text: expect.stringMatching(/wants to run[^]*\n\nApproved by Ada\.$/) }]);
  expect(await remove()).toMatchObject({ status: "done" });
  expect(await remove()).toMatchObject({ status: "approval_pending" });
  await hub.hub.audit.flush();
  const filter = { workspaceId: hub.workspaceId, action: "approval.approve", limit: 5 };
  expect(await hub.hub.audit.list(filter)).toMatchObject([{ actor: "telegram:7" }]);
});

test("a press of Deny refuses the call, and a later press of Approve changes nothing", async () => {
  const { deny, approve, press, edits, status } = await arrangeTelegram();

  await press(deny.callback_data);
  await press(approve.callback_data);

  expect(await status()).toBe("denied");
  await expect
    .poll(edits)
    .toMatchObject([
      { text: expect.stringContaining("Denied by Ada.") },
      { text: expect.stringContaining("was already denied") },
    ]);
});

test.each<readonly [string, (data: string) => readonly [string, number]]>([
  ["in another chat", (data: string) => [data, 8]],
  [
    "with another approval's id",
    (data: string) => [data.replace(/:[0-9a-z]{26}:/, ":01jd0000000000000000000000:"), 7] as const,
  ],
  ["with the other verdict", (data: string) => [data.replace("denied", "approved"), 7]],
  ["with a guessed code", (data: string) => [data.replace(/[\w-]{22}$/, "A".repeat(22)), 7]],
])("a press %s decides nothing", async (_, forge) => {
  const { deny, press, edits, status } = await arrangeTelegram();

  await press(...forge(deny.callback_data));

  expect(await status()).toBe("pending");
  expect(edits()).toEqual([]);
});

test("in Slack only who is in the owner's channel decides, and the buttons go when it is decided", async () => {
  const { hub, owner, service, status } = await arrange("owner's slack");
  const sent = service.exchanges.filter(({ path }) => path === "/chat.postMessage").map(({ body }) => body);
  const [{ blocks, text }] = sent as [Record<string, string>];
  const [value = ""] = /approved:[^"]*/.exec(blocks ?? "") ?? [];
  const press = (trigger: string, channel: object) => {
    const payload = {
      type: "block_actions",
      trigger_id: trigger,
      user: { id: "U1", username: "ada" },
      channel,
      message: { ts: "1795000000.000900", text },
      actions: [{ action_id: "choice_0", type: "button", value }],
    };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const time = String(Math.floor(Date.now() / 1000));
    const code = createHmac("sha256", SECRET).update(`v0:${time}:${body}`).digest("hex");
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": time,
      "x-slack-signature": `v0=${code}`,
    };
    return hub.hub.inbound.receive(owner.id, { headers, bytes: Buffer.from(body), url: "" });
  };

  await press("1", { id: "C1", name: "random" });
  expect(await status()).toBe("pending");
  await press("2", { id: "C900", name: "ops" });

  expect(await status()).toBe("approved");
  await expect
    .poll(() => service.exchanges.filter(({ path }) => path === "/chat.update").map(({ body }) => body))
    .toMatchObject([
      { channel: "C900", ts: "1795000000.000900", blocks: "[]", text: expect.stringContaining("Approved by ada.") },
    ]);
});

test("where an agent could read the message there are no buttons", async () => {
  const { hub, owner, service } = await arrange("owner's slack");
  const writer = await hub.addProfile("writer");
  await hub.grant(writer, owner);

  await hub.call(writer, "mcp__slack__delete_message", { channel: "C100", ts: "1795000000.000200" });
  await hub.hub.outbox.drain();

  const posts = service.exchanges.filter(({ path }) => path === "/chat.postMessage").map(({ text }) => text);
  expect(posts).toHaveLength(2);
  expect(posts[1]).not.toMatch(/approved|choice/);
});
