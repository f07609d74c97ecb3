import { expect, test } from "vitest";
import type { Notification } from "#connector";
import { runOn, startService } from "#testing";
import telegram from "./connector.ts";

const TOKEN = "123456:AAsentinel-telegram_token";
const { send_message } = telegram.operations;
const credentials = { TELEGRAM_BOT_TOKEN: TOKEN };

const chat = { id: -1001, type: "supergroup", title: "Team" };
const message = { message_id: 7, date: 1_795_000_000, chat, text: "Hi", from: { id: 1, is_bot: true } };

const accept = (result: unknown) => ({ ok: true, result });
const refuse = (status: number, description: string, parameters?: object) => ({
  status,
  body: { ok: false, error_code: status, description, ...(parameters && { parameters }) },
});

const notification: Notification = {
  message: "The build is green.",
  urgency: "normal",
  deliveryId: "dlv_1",
  createdAt: "2026-11-22T10:00:00.000Z",
  profile: "builder",
};

test("send_message posts what it is given and returns the message without its sender", async () => {
  await using service = await startService({ [`POST /bot${TOKEN}/sendMessage`]: accept(message) });
  const input = {
    chat_id: 42,
    text: "Hi <b>you</b>",
    parse_mode: "HTML",
    reply_parameters: { message_id: 3 },
    link_preview_options: { is_disabled: true },
    disable_notification: true,
  };

  const sent = await runOn(service, telegram, "send_message", input, { credentials });

  expect(sent).toEqual({ message_id: 7, date: 1_795_000_000, chat, text: "Hi" });
  expect(service.exchanges.map(({ body }) => body)).toEqual([input]);
});

test("the token is in the path and nowhere else", async () => {
  await using service = await startService({ [`POST /bot${TOKEN}/sendMessage`]: accept(message) });

  await runOn(service, telegram, "send_message", { chat_id: "@team_news", text: "Hi" }, { credentials });

  const [exchange] = service.exchanges;
  expect(exchange).toMatchObject({ path: `/bot${TOKEN}/sendMessage`, query: {} });
  expect(JSON.stringify(exchange?.headers) + exchange?.text).not.toMatch(/sentinel|placeholder/);
});

test("post_to_group posts to a topic of a group", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/sendMessage`]: accept({ ...message, message_thread_id: 5 }),
  });
  const input = { chat_id: "-1001", message_thread_id: 5, text: "Hi" };

  const sent = await runOn(service, telegram, "post_to_group", input, { credentials });

  expect(sent).toMatchObject({ message_id: 7, message_thread_id: 5 });
  expect(service.exchanges[0]?.body).toEqual(input);
});

test("post_to_group refuses the id of a person", async () => {
  await using service = await startService({});

  const posting = runOn(service, telegram, "post_to_group", { chat_id: 42, text: "Hi" }, { credentials });

  await expect(posting).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("chat_id: give a group's negative id"),
  });
  expect(service.exchanges).toEqual([]);
});

test("read_bot returns who the bot is", async () => {
  const bot = {
    id: 123456,
    is_bot: true,
    first_name: "Patch",
    username: "patch_bot",
    can_join_groups: true,
    can_read_all_group_messages: false,
  };
  await using service = await startService({ [`POST /bot${TOKEN}/getMe`]: accept(bot) });

  const read = await runOn(service, telegram, "read_bot", {}, { credentials });

  const { is_bot: _, ...shown } = bot;
  expect(read).toEqual(shown);
  expect(telegram.verify?.account(read, {})).toEqual({ id: "123456", label: "@patch_bot" });
});

test("get_chat returns the chat with its pinned message", async () => {
  const full = {
    ...chat,
    description: "All of us",
    accent_color_id: 2,
    max_reaction_count: 11,
    pinned_message: message,
  };
  await using service = await startService({ [`POST /bot${TOKEN}/getChat`]: accept(full) });

  const read = await runOn(service, telegram, "get_chat", { chat_id: -1001 }, { credentials });

  expect(read).toEqual({
    ...chat,
    description: "All of us",
    pinned_message: { message_id: 7, date: 1_795_000_000, chat, text: "Hi" },
  });
  expect(service.exchanges[0]?.body).toEqual({ chat_id: -1001 });
});

test("send_photo and send_document send the address of the file", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/sendPhoto`]: accept({ ...message, caption: "A cat" }),
    [`POST /bot${TOKEN}/sendDocument`]: accept({ ...message, caption: "The plan" }),
  });
  const photo = { chat_id: 42, photo: "https://example.com/cat.png", caption: "A cat" };
  const document = { chat_id: 42, document: "https://example.com/plan.pdf", caption: "The plan" };

  const sentPhoto = await runOn(service, telegram, "send_photo", photo, { credentials });
  const sentDocument = await runOn(service, telegram, "send_document", document, { credentials });

  expect(sentPhoto).toMatchObject({ message_id: 7, caption: "A cat" });
  expect(sentDocument).toMatchObject({ message_id: 7, caption: "The plan" });
  expect(service.exchanges.map(({ body }) => body)).toEqual([photo, document]);
});

test.each([
  ["read_bot", "getMe", {}, { id: 1, username: "patch_bot" }],
  ["get_chat", "getChat", { chat_id: 42 }, { id: 42 }],
  ["send_message", "sendMessage", { chat_id: 42, text: "Hi" }, { message_id: 7 }],
  ["post_to_group", "sendMessage", { chat_id: -42, text: "Hi" }, { message_id: 7 }],
  ["send_photo", "sendPhoto", { chat_id: 42, photo: "https://example.com/cat.png" }, { message_id: 7 }],
  ["send_document", "sendDocument", { chat_id: 42, document: "https://example.com/plan.pdf" }, { message_id: 7 }],
])("%s makes do with the least that %s answers", async (operation, method, input, least) => {
  await using service = await startService({ [`POST /bot${TOKEN}/${method}`]: accept(least) });

  const result = await runOn(service, telegram, operation, input, { credentials });

  expect(result).toEqual(least);
});

test("edit_message replaces the text of a message", async () => {
  await using service = await startService({ [`POST /bot${TOKEN}/editMessageText`]: accept(message) });
  const input = { chat_id: 42, message_id: 7, text: "Better" };

  const edited = await runOn(service, telegram, "edit_message", input, { credentials });

  expect(edited).toEqual({ message_id: 7, changed: true });
  expect(service.exchanges[0]?.body).toEqual(input);
});

test("edit_message takes a text that is already there for done", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/editMessageText`]: refuse(400, "Bad Request: message is not modified: it is the same"),
  });

  const edited = await runOn(
    service,
    telegram,
    "edit_message",
    { chat_id: 42, message_id: 7, text: "Same" },
    { credentials },
  );

  expect(edited).toEqual({ message_id: 7, changed: false });
});

test("edit_message reports every other refusal", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/editMessageText`]: refuse(400, "Bad Request: message can't be edited"),
  });
  const input = { chat_id: 42, message_id: 7, text: "Better" };

  const editing = runOn(service, telegram, "edit_message", input, { credentials });

  await expect(editing).rejects.toMatchObject({
    code: "service_rejected",
    serviceWords: "Bad Request: message can't be edited",
  });
});

test.each([
  ["delete_message", "deleteMessage", { chat_id: 42, message_id: 7 }],
  ["pin_message", "pinChatMessage", { chat_id: 42, message_id: 7, disable_notification: true }],
  ["unpin_message", "unpinChatMessage", { chat_id: 42, message_id: 7 }],
])("%s calls %s with the chat and the message", async (operation, method, input) => {
  await using service = await startService({ [`POST /bot${TOKEN}/${method}`]: accept(true) });

  const done = await runOn(service, telegram, operation, input, { credentials });

  expect(done).toEqual({ ok: true });
  expect(service.exchanges[0]?.body).toEqual(input);
});

test.each([
  [401, "Unauthorized", "reconnect_required", "Ask the owner to reconnect Telegram."],
  [404, "Not Found", "reconnect_required", "Ask the owner to reconnect Telegram."],
  [400, "Bad Request: chat not found", "service_rejected", /^Check chat_id/],
  [403, "Forbidden: bot was blocked by the user", "service_rejected", /press Start/],
  [403, "Forbidden: bot is not a member of the channel chat", "service_rejected", /add the bot/],
  [400, "Bad Request: not enough rights to pin a message", "service_rejected", /this right/],
  [400, "Bad Request: can't parse entities: Unclosed tag", "service_rejected", /parse_mode/],
  [500, "Internal Server Error", "service_failed", "Try again later."],
])("%i %s becomes %s with advice", async (status, description, code, hint) => {
  await using service = await startService({ [`POST /bot${TOKEN}/sendMessage`]: refuse(status, description) });

  const sending = runOn(service, telegram, "send_message", { chat_id: 42, text: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(hint),
    serviceWords: description,
  });
});

test("too many messages become a pause of as long as Telegram asks", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/sendMessage`]: refuse(429, "Too Many Requests: retry after 31", { retry_after: 31 }),
  });

  const sending = runOn(service, telegram, "send_message", { chat_id: 42, text: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({
    code: "rate_limited",
    hint: "Wait 31 seconds, then try again.",
    details: { retryAfterMs: 31_000 },
  });
});

test("a group that became a supergroup is named by its new id", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/sendMessage`]: refuse(400, "Bad Request: group chat was upgraded to a supergroup chat", {
      migrate_to_chat_id: -100_777,
    }),
  });

  const sending = runOn(service, telegram, "send_message", { chat_id: -42, text: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "service_rejected", hint: expect.stringContaining("-100777") });
});

test("an answer that is no JSON is a failure of the service", async () => {
  await using service = await startService({
    [`POST /bot${TOKEN}/sendMessage`]: { status: 502, body: "<h1>Bad gateway</h1>" },
  });

  const sending = runOn(service, telegram, "send_message", { chat_id: 42, text: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({ code: "service_failed", message: expect.stringContaining("Telegram") });
});

test("a host that nothing listens on is unavailable, and the token is not told", async () => {
  const closed = await startService({});
  await closed[Symbol.asyncDispose]();

  const sending = runOn(closed, telegram, "send_message", { chat_id: 42, text: "Hi" }, { credentials });

  await expect(sending).rejects.toMatchObject({
    code: "unavailable",
    message: expect.not.stringContaining("sentinel"),
    stack: expect.not.stringContaining("sentinel"),
  });
});

test("a notification goes to the default chat, signed by its profile", async () => {
  await using service = await startService({ [`POST /bot${TOKEN}/sendMessage`]: accept(message) });
  const config = { defaultChatId: "42" };
  const input = telegram.channel?.send.toInput({ ...notification, title: "Done", urgency: "low" }, config);

  await runOn(service, telegram, "send_message", send_message.input.parse(input), { credentials, config });

  expect(service.exchanges[0]?.body).toEqual({
    chat_id: "42",
    text: "Done\n\nThe build is green.\n\n— builder",
    disable_notification: true,
  });
});

test("a notification's link is a button, without a preview", async () => {
  await using service = await startService({ [`POST /bot${TOKEN}/sendMessage`]: accept(message) });
  const link = { label: "Decide", url: "https://hub.example.com/approvals/apr_1?token=t" };
  const input = telegram.channel?.send.toInput({ ...notification, link }, { defaultChatId: 42 });

  await runOn(service, telegram, "send_message", send_message.input.parse(input), { credentials });

  expect(service.exchanges[0]?.body).toEqual({
    chat_id: 42,
    text: "The build is green.\n\n— builder",
    link_preview_options: { is_disabled: true },
    reply_markup: { inline_keyboard: [[{ text: "Decide", url: link.url }]] },
  });
});

test("a link that Telegram takes for no button stands in the text, even where that is cut", () => {
  const link = { label: "Decide", url: "http://localhost:7300/approvals/apr_1?token=t" };
  const long = { ...notification, message: "x".repeat(5000), link };

  const input = send_message.input.parse(telegram.channel?.send.toInput(long, { defaultChatId: 42 }));

  expect(input).not.toHaveProperty("link_buttons");
  expect(input.text).toHaveLength(4096);
  expect(input.text).toMatch(/x…\n\nDecide: http:\/\/localhost:7300\/approvals\/apr_1\?token=t\n\n— builder$/);
});

test("a notification longer than a message is cut and still signed", () => {
  const input = telegram.channel?.send.toInput({ ...notification, message: "x".repeat(5000) }, { defaultChatId: 42 });

  const { text } = send_message.input.parse(input);

  expect(text).toHaveLength(4096);
  expect(text).toMatch(/x…\n\n— builder$/);
});

test("a notification without a default chat says which setting is missing", () => {
  const write = () => telegram.channel?.send.toInput(notification, {});

  expect(write).toThrow(
    expect.objectContaining({ code: "invalid_input", hint: expect.stringContaining("--config defaultChatId=") }),
  );
});
