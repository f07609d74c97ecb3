import { expect, test } from "vitest";
import type { Notification } from "#connector";
import { openTestHub, runOn, startService } from "#testing";
import discord from "./connector.ts";

const TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Sentin.el-0123456789_0123456789abcdef";
const CHANNEL = "123456789012345678";
const MESSAGE = "223456789012345678";
const credentials = { DISCORD_BOT_TOKEN: TOKEN };
const { send_message } = discord.operations;

const message = {
  id: MESSAGE,
  channel_id: CHANNEL,
  content: "Hi",
  author: { id: "1", username: "patch" },
  pinned: false,
};
const notification: Notification = {
  message: "The build is green.",
  urgency: "normal",
  deliveryId: "dlv_1",
  createdAt: "2026-11-22T10:00:00.000Z",
  profile: "builder",
};

test("send_message posts as the bot, pings nobody and is posted once however often it is sent", async () => {
  await using service = await startService({ [`POST /channels/${CHANNEL}/messages`]: message });
  const input = { channel_id: CHANNEL, content: "Hi @everyone", reply_to: MESSAGE };

  const sent = await runOn(service, discord, "send_message", input, { credentials });

  const { pinned: _, ...shown } = message;
  expect(sent).toEqual(shown);
  expect(service.exchanges).toMatchObject([
    {
      headers: { authorization: `Bot ${TOKEN}`, "user-agent": expect.stringMatching(/^DiscordBot \(/) },
      body: {
        content: "Hi @everyone",
        allowed_mentions: { parse: [] },
        nonce: expect.stringMatching(/^\S{25}$/),
        enforce_nonce: true,
        message_reference: { message_id: MESSAGE, fail_if_not_exists: false },
      },
    },
  ]);
});

test.each([
  ["read_bot", "GET /users/@me", {}, { id: "1", username: "patch" }, { id: "1", username: "patch" }],
  ["list_guilds", "GET /users/@me/guilds", {}, [{ id: "1", name: "Acme" }], { guilds: [{ id: "1", name: "Acme" }] }],
  [
    "list_channels",
    `GET /guilds/${CHANNEL}/channels`,
    { guild_id: CHANNEL },
    [{ id: "1", name: "general", type: 0, nsfw: false }],
    { channels: [{ id: "1", name: "general", type: 0 }] },
  ],
  [
    "read_channel",
    `GET /channels/${CHANNEL}/messages`,
    { channel_id: CHANNEL, limit: 2, before: MESSAGE },
    [{ id: "1" }],
    { messages: [{ id: "1" }] },
  ],
  [
    "create_thread",
    `POST /channels/${CHANNEL}/messages/${MESSAGE}/threads`,
    { channel_id: CHANNEL, message_id: MESSAGE, name: "Build 7" },
    { id: "9" },
    { id: "9" },
  ],
  [
    "edit_message",
    `PATCH /channels/${CHANNEL}/messages/${MESSAGE}`,
    { channel_id: CHANNEL, message_id: MESSAGE, content: "Better" },
    { id: MESSAGE },
    { id: MESSAGE },
  ],
  [
    "delete_message",
    `DELETE /channels/${CHANNEL}/messages/${MESSAGE}`,
    { channel_id: CHANNEL, message_id: MESSAGE },
    { status: 204 },
    { ok: true },
  ],
  [
    "add_reaction",
    `PUT /channels/${CHANNEL}/messages/${MESSAGE}/reactions/%E2%9C%85/@me`,
    { channel_id: CHANNEL, message_id: MESSAGE, emoji: "✅" },
    { status: 204 },
    { ok: true },
  ],
])("%s calls %s and makes do with the least", async (operation, route, input, answer, output) => {
  await using service = await startService({ [route]: answer });

  expect(await runOn(service, discord, operation, input, { credentials })).toEqual(output);
});

test("an id that would lead elsewhere is refused", async () => {
  await using service = await startService({});

  const sending = runOn(service, discord, "send_message", { channel_id: "1/../@me", content: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "invalid_input" });
  expect(service.exchanges).toEqual([]);
});

test.each([
  [403, 50001, "service_rejected", /let the bot see/],
  [403, 50013, "service_rejected", /this permission/],
  [404, 10003, "service_rejected", /list_channels/],
  [401, 0, "reconnect_required", /reconnect Discord/],
  [502, 0, "service_failed", /later/],
])("%i with the code %i becomes %s with advice", async (status, code, becomes, hint) => {
  const refusal = { status, body: { code, message: "No." } };
  await using service = await startService({ [`POST /channels/${CHANNEL}/messages`]: refusal });

  const sending = runOn(service, discord, "send_message", { channel_id: CHANNEL, content: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({
    code: becomes,
    hint: expect.stringMatching(hint),
    serviceWords: "No.",
  });
});

test("a limit becomes a pause of as long as Discord asks", async () => {
  const headers = { "retry-after": "65" };
  const limited = { status: 429, headers, body: { message: "You are being rate limited.", retry_after: 64.57 } };
  await using service = await startService({ [`POST /channels/${CHANNEL}/messages`]: limited });

  const sending = runOn(service, discord, "send_message", { channel_id: CHANNEL, content: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "rate_limited", details: { retryAfterMs: 65_000 } });
});

test("a notification goes to the channel that was set, with its link as a button, and fits", async () => {
  await using service = await startService({ [`POST /channels/${CHANNEL}/messages`]: message });
  const link = { label: "Decide", url: "https://hub.example.com/x" };
  const long = { ...notification, title: "Done", urgency: "high", message: "x".repeat(3_000), link } as const;
  const input = send_message.input.parse(discord.channel?.send.toInput(long, { notifyChannelId: CHANNEL }));

  await runOn(service, discord, "send_message", input, { credentials });

  const [exchange] = service.exchanges;
  const { content = "" } = Object(exchange?.body) as { content?: string };
  expect(content).toMatch(/^:rotating_light: \*\*Done\*\*\nx+…\n\*builder\*$/);
  expect(content).toHaveLength(2_000);
  expect(exchange?.body).toMatchObject({
    components: [{ type: 1, components: [{ type: 2, style: 5, label: "Decide", url: link.url }] }],
  });
});

test("no link in a notification hides where it leads", () => {
  const hiding = { ...notification, message: "See [github.com](https://evil.example.com) and [1] (2)" };

  const input = discord.channel?.send.toInput(hiding, { notifyChannelId: CHANNEL });

  expect(input).toMatchObject({
    content: expect.stringContaining("See [github.com]\\(https://evil.example.com) and [1] (2)"),
  });
});

test("what answers somebody goes to their thread", () => {
  const input = discord.channel?.send.toInput({ ...notification, thread: MESSAGE }, {});

  expect(input).toEqual({ channel_id: MESSAGE, content: "The build is green." });
});

test("a notification without a channel says which setting is missing", () => {
  expect(() => discord.channel?.send.toInput(notification, {})).toThrow(
    expect.objectContaining({ code: "invalid_input", hint: expect.stringContaining("--config notifyChannelId=") }),
  );
});

test("an agent tells its owner by Discord", async () => {
  const service = await startService({
    "GET /users/@me": { id: "1", username: "patch" },
    [`POST /channels/${CHANNEL}/messages`]: message,
  });
  const hub = await openTestHub();
  const account = await hub.connect("discord", service.url, credentials, { config: { notifyChannelId: CHANNEL } });
  const speaker = { actor: "test", name: "coder" };

  await hub.hub.outbox.accept({ integration: account, speaker, notice: { message: "Built", urgency: "low" } });
  await hub.hub.outbox.drain();

  expect(account.label).toBe("patch");
  expect(service.exchanges.at(-1)).toMatchObject({ body: { content: "Built\n*coder*" } });
});
