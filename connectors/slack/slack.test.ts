import { createEmulator } from "emulate";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { runOn, startService } from "#testing";
import slack from "./connector.ts";

const credentials = { SLACK_BOT_TOKEN: "xoxb-test-0123456789", SLACK_USER_TOKEN: "xoxp-test-0123456789" };
const narrow = { SLACK_BOT_TOKEN: "xoxb-narrow-0123456789" };

const emulator = await createEmulator({
  service: "slack",
  port: 0,
  seed: {
    slack: {
      team: { name: "Acme", domain: "acme" },
      users: [{ name: "ana", real_name: "Ana Silva", email: "ana@example.com" }],
      channels: [{ name: "deploys", topic: "What went out" }],
      tokens: [
        { token: credentials.SLACK_BOT_TOKEN, type: "bot", user: "admin" },
        { token: narrow.SLACK_BOT_TOKEN, type: "bot", user: "admin", scopes: ["users:read"] },
      ],
      strict_scopes: true,
    },
  },
});
afterAll(() => emulator.close());

const run = (operation: string, input: Record<string, unknown>, as: Record<string, string> = credentials) =>
  runOn(`${emulator.url}/api`, slack, operation, input, { credentials: as });

/** Emulated channels `general` and `random` have these ids. */
const GENERAL = "C000000001";
const RANDOM = "C000000002";

const Posted = z.object({ ts: z.string() });
const Found = z.object({ user: z.object({ id: z.string() }) });
const Created = z.object({ channel: z.object({ id: z.string() }) });

test("the workspace and the user in it are the account", async () => {
  const workspace = await run("read_workspace", {});

  expect(workspace).toMatchObject({ team: "Acme", team_id: "T000000001", user: "admin", user_id: "U000000001" });
  expect(slack.verify?.account(workspace, {})).toEqual({ id: "T000000001:U000000001", label: "Acme (admin)" });
});

test("channels are listed page by page", async () => {
  const first = z.object({ next_cursor: z.string() }).parse(await run("list_channels", { limit: 2 }));
  const last = await run("list_channels", { limit: 2, cursor: first.next_cursor });

  expect(first).toMatchObject({ next_cursor: expect.any(String) });
  expect(last).toMatchObject({ channels: [{ name: "deploys", topic: { value: "What went out" }, is_member: true }] });
  expect(last).not.toHaveProperty("next_cursor");
});

test("a message is posted by the channel's name, answered in its thread, and both are read", async () => {
  const { ts } = Posted.parse(await run("post_message", { channel: "#general", text: "Ready?" }));
  const reply = await run("post_message", { channel: GENERAL, text: "Ready.", thread_ts: ts });
  const read = await run("read_channel", { channel: GENERAL });
  const thread = await run("read_channel", { channel: GENERAL, thread_ts: ts });

  expect(reply).toMatchObject({ channel: GENERAL });
  expect(read).toEqual({ messages: [{ ts, user: "U000000001", text: "Ready?", reply_count: 1 }] });
  expect(thread).toMatchObject({ messages: [{ text: "Ready?" }, { text: "Ready.", thread_ts: ts }] });
});

test("a message is changed, reacted to twice to the same effect, and deleted", async () => {
  const { ts } = Posted.parse(await run("post_message", { channel: RANDOM, text: "Draft" }));
  const message = { channel: RANDOM, ts };

  const updated = await run("update_message", { ...message, text: "Final" });
  const reacted = await run("add_reaction", { ...message, name: "thumbsup" });
  const reactedAgain = await run("add_reaction", { ...message, name: "thumbsup" });
  const read = await run("read_channel", { channel: RANDOM });
  const deleted = await run("delete_message", message);
  const emptied = await run("read_channel", { channel: RANDOM });

  expect(updated).toEqual(message);
  expect(reacted).toEqual({ ok: true });
  expect(reactedAgain).toEqual({ ok: true });
  expect(read).toMatchObject({ messages: [{ ts, text: "Final", reactions: [{ name: "thumbsup", count: 1 }] }] });
  expect(deleted).toEqual(message);
  expect(emptied).toEqual({ messages: [] });
});

test("a channel is created, and a person found by email is invited", async () => {
  const { channel } = Created.parse(await run("create_channel", { name: "launch" }));
  const { user } = Found.parse(await run("lookup_user", { email: "ana@example.com" }));
  const byId = await run("lookup_user", { user: user.id });

  const invited = await run("invite_to_channel", { channel: channel.id, users: [user.id] });
  const joined = await run("join_channel", { channel: channel.id });

  expect(byId).toMatchObject({ user: { name: "ana", real_name: "Ana Silva", profile: { email: "ana@example.com" } } });
  expect(invited).toMatchObject({ channel: { name: "launch", num_members: 2 } });
  expect(joined).toMatchObject({ channel: { id: channel.id, is_member: true } });
});

test("a taken name is refused with what to do", async () => {
  await expect(run("create_channel", { name: "general" })).rejects.toMatchObject({
    code: "service_rejected",
    details: { serviceCode: "name_taken" },
    hint: "Choose another name, or find the channel with list_channels.",
  });
});

test("an unknown channel and an unknown person are not found", async () => {
  await expect(run("post_message", { channel: "nowhere", text: "Hello" })).rejects.toMatchObject({
    details: { status: 404, serviceCode: "channel_not_found" },
    hint: expect.stringContaining("list_channels"),
  });
  await expect(run("lookup_user", { email: "nobody@example.com" })).rejects.toMatchObject({
    details: { status: 404, serviceCode: "users_not_found" },
  });
});

test("a missing scope is named", async () => {
  await expect(run("post_message", { channel: GENERAL, text: "Hello" }, narrow)).rejects.toMatchObject({
    details: { status: 403, serviceCode: "missing_scope" },
    hint: "Ask the owner to add the scope chat:write to the Slack app, install it again and reconnect it.",
  });
});

test("a search is made as the user, and says where it goes on", async () => {
  const match = { channel: { id: GENERAL, name: "general" }, ts: "1767225600.000100", user: "U1", text: "deploy" };
  const permalink = "https://acme.slack.com/archives/C000000001/p1767225600000100";
  await using service = await startService({
    "POST /search.messages": {
      ok: true,
      messages: {
        total: 3,
        matches: [{ ...match, permalink, score: 1 }],
        paging: { count: 1, total: 3, page: 2, pages: 3 },
      },
    },
  });
  const input = { query: "deploy", page: 2, count: 1 };

  const found = await runOn(service, slack, "search_messages", input, { credentials });

  expect(found).toEqual({ total: 3, matches: [{ ...match, permalink }], next_page: 3 });
  expect(service.exchanges).toMatchObject([
    {
      headers: { authorization: "Bearer xoxp-test-0123456789" },
      body: { query: "deploy", page: "2", count: "1", sort: "score", sort_dir: "desc" },
    },
  ]);
});

/** As little as emulators and stubs answer. */
const BARE = {
  "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1" },
  "POST /users.info": { ok: true, user: { id: "U1" } },
  "POST /conversations.list": { ok: true, channels: [{ id: "C1" }] },
  "POST /conversations.create": { ok: true, channel: { id: "C1" } },
  "POST /conversations.join": { ok: true, channel: { id: "C1" } },
  "POST /conversations.invite": { ok: true, channel: { id: "C1" } },
  "POST /conversations.history": { ok: true, messages: [{ ts: "1.1" }] },
  "POST /chat.postMessage": { ok: true, channel: "C1", ts: "1.1" },
  "POST /chat.update": { ok: true, channel: "C1", ts: "1.1" },
  "POST /chat.delete": { ok: true, channel: "C1", ts: "1.1" },
  "POST /reactions.add": { ok: true },
  "POST /search.messages": { ok: true, messages: { matches: [{ channel: { id: "C1" }, ts: "1.1" }] } },
};

test.each([
  ["read_workspace", {}, { team_id: "T1", user_id: "U1" }],
  ["lookup_user", { user: "U123" }, { user: { id: "U1" } }],
  ["list_channels", {}, { channels: [{ id: "C1" }] }],
  ["create_channel", { name: "launch" }, { channel: { id: "C1" } }],
  ["join_channel", { channel: GENERAL }, { channel: { id: "C1" } }],
  ["invite_to_channel", { channel: GENERAL, users: ["U123"] }, { channel: { id: "C1" } }],
  ["read_channel", { channel: GENERAL }, { messages: [{ ts: "1.1" }] }],
  ["post_message", { channel: GENERAL, text: "Hello" }, { channel: "C1", ts: "1.1" }],
  ["update_message", { channel: GENERAL, ts: "1.1", text: "Hello" }, { channel: "C1", ts: "1.1" }],
  ["delete_message", { channel: GENERAL, ts: "1.1" }, { channel: "C1", ts: "1.1" }],
  ["add_reaction", { channel: GENERAL, ts: "1.1", name: "tada" }, { ok: true }],
  ["search_messages", { query: "deploy" }, { matches: [{ channel: { id: "C1" }, ts: "1.1" }] }],
])("%s makes do with the least of answers", async (operation, input, expected) => {
  await using service = await startService(BARE);

  const result = await runOn(service, slack, operation, input, { credentials });

  expect(result).toEqual(expected);
});

test("a workspace without names is labelled by its ids", () => {
  const account = slack.verify?.account({ team_id: "T1", user_id: "U1" }, {});

  expect(account).toEqual({ id: "T1:U1", label: "T1 (U1)" });
});

test("the last page of a search is the last", async () => {
  await using service = await startService({
    "POST /search.messages": { ok: true, messages: { total: 0, matches: [], paging: { page: 1, pages: 1 } } },
  });

  const found = await runOn(service, slack, "search_messages", { query: "nothing" }, { credentials });

  expect(found).toEqual({ total: 0, matches: [] });
});

test("without a user token there is no search", async () => {
  await expect(run("search_messages", { query: "deploy" }, narrow)).rejects.toMatchObject({
    code: "reconnect_required",
    message: expect.stringContaining("SLACK_USER_TOKEN"),
  });
});

test.each([
  ["read_channel", { channel: "general" }],
  ["post_message", { channel: "C1,C2", text: "Hello" }],
  ["post_message", { channel: GENERAL, text: "" }],
  ["create_channel", { name: "Big News" }],
  ["lookup_user", {}],
  ["lookup_user", { email: "ana@example.com", user: "U000000001" }],
])("%s does not take %o", async (operation, input) => {
  await expect(run(operation, input)).rejects.toMatchObject({ code: "invalid_input" });
});
