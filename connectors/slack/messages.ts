import * as z from "zod";
import { operation } from "#connector";
import { openSlack } from "./client.ts";
import { hasCode } from "./failure.ts";
import {
  ChannelId,
  ChoiceButtons,
  cursorField,
  findNextCursor,
  LinkButtons,
  MessageTs,
  nextCursorField,
  writeBlocks,
} from "./fields.ts";

const messageTs = MessageTs.describe("The message's ts, from post_message, read_channel or search_messages");

const text = z
  .string()
  .min(1)
  .max(40_000)
  .describe("Slack's mrkdwn: *bold*, _italic_, `code`, <https://example.com|link>, <@U0123456789>, <#C0123456789>");

const Message = z.object({
  ts: z.string().describe("Names the message in its channel; seconds since 1970"),
  user: z.string().nullish().describe("The author's id: lookup_user tells the name"),
  bot_id: z.string().nullish(),
  username: z.string().nullish(),
  text: z.string().nullish(),
  thread_ts: z.string().nullish().describe("The ts of the thread's first message, if it is in a thread"),
  reply_count: z.int().nullish(),
  reactions: z.array(z.object({ name: z.string(), count: z.int().nullish() })).nullish(),
  files: z.array(z.object({ name: z.string().nullish(), permalink: z.string().nullish() })).nullish(),
});

const Posted = z.object({ channel: z.string(), ts: z.string() });

export const post_message = operation({
  summary:
    "Post a message to a channel, a thread or a person. Returns the channel's id and the message's ts. Take a channel's id from list_channels, a person's from lookup_user.",
  effect: "write",
  scopes: ["chat:write"],
  input: z.object({
    channel: z
      .string()
      .max(100)
      .regex(/^[^\s,]+$/)
      .describe("A channel's id, a public channel's #name, or a user's id for a direct message"),
    text,
    thread_ts: MessageTs.exactOptional().describe("Reply in the thread of the message with this ts"),
    unfurl_links: z.boolean().exactOptional().describe("Whether links get previews"),
    link_buttons: LinkButtons.exactOptional().describe("Buttons below the message, each of which opens an address"),
    choice_buttons: ChoiceButtons.exactOptional().describe(
      "Buttons below the message; the value of one that is pressed is said to the app, as a message",
    ),
  }),
  output: Posted,
  async run({ channel, link_buttons: links, choice_buttons: choices, ...message }, context) {
    const slack = await openSlack(context);
    return slack.chat.postMessage({
      ...message,
      channel: channel.replace(/^#/, ""),
      ...((links ?? choices) && { blocks: writeBlocks(message.text, { links, choices }) }),
    });
  },
});

export const update_message = operation({
  summary:
    "Replace the text of a message that this app posted. Returns the channel's id and the message's ts. Take both from post_message.",
  effect: "write",
  idempotent: true,
  scopes: ["chat:write"],
  input: z.object({ channel: ChannelId, ts: messageTs, text }),
  output: Posted,
  async run(input, context) {
    const slack = await openSlack(context);
    // Without them the blocks of old would stay, which are shown in the place of the text.
    return slack.chat.update({ ...input, blocks: [] });
  },
});

export const delete_message = operation({
  summary:
    "Delete a message that this app posted. Returns the channel's id and the deleted message's ts. Take both from post_message.",
  effect: "destructive",
  scopes: ["chat:write"],
  input: z.object({ channel: ChannelId, ts: messageTs }),
  output: Posted,
  async run(input, context) {
    const slack = await openSlack(context);
    return slack.chat.delete(input);
  },
});

export const read_channel = operation({
  summary:
    "Read the messages of a channel from the newest on, or those of a thread from the oldest on. The app must be a member: see join_channel. Take channel from list_channels.",
  effect: "read",
  scopes: ["channels:history"],
  input: z.object({
    channel: ChannelId,
    thread_ts: MessageTs.exactOptional().describe("Read the thread of the message with this ts instead"),
    oldest: MessageTs.exactOptional().describe("Only messages after this ts, or time in seconds such as 1767225600.0"),
    latest: MessageTs.exactOptional().describe("Only messages before this ts, or time in seconds"),
    limit: z.int().min(1).max(200).default(50),
    ...cursorField,
  }),
  output: z.object({ messages: z.array(Message), ...nextCursorField }),
  async run({ thread_ts, ...input }, context) {
    const { conversations } = await openSlack(context);
    const { messages, response_metadata } =
      thread_ts === undefined
        ? await conversations.history(input)
        : await conversations.replies({ ...input, ts: thread_ts });
    return { messages, ...findNextCursor(response_metadata) };
  },
});

export const add_reaction = operation({
  summary:
    "React to a message with an emoji. Returns ok, also if the reaction was there already. Take channel and ts from read_channel or post_message.",
  effect: "write",
  idempotent: true,
  scopes: ["reactions:write"],
  input: z.object({
    channel: ChannelId,
    ts: messageTs,
    name: z
      .string()
      .max(100)
      .regex(/^[^\s:]+(::skin-tone-[2-6])?$/)
      .describe("The emoji's name without colons, e.g. thumbsup"),
  }),
  output: z.object({ ok: z.boolean() }),
  async run({ ts: timestamp, ...input }, context) {
    const slack = await openSlack(context);
    try {
      return await slack.reactions.add({ ...input, timestamp });
    } catch (error) {
      if (hasCode(error, "already_reacted")) {
        return { ok: true };
      }
      throw error;
    }
  },
});

export const search_messages = operation({
  summary:
    "Search the messages of the whole workspace as the user of SLACK_USER_TOKEN, including that user's private channels. Returns texts with channel, ts and permalink; read_channel shows what is around one.",
  effect: "read",
  scopes: ["search:read"],
  credential: "SLACK_USER_TOKEN",
  input: z.object({
    query: z.string().min(1).max(1000).describe("Words and modifiers: deploy in:#general from:@ana after:2026-01-31"),
    sort: z.enum(["score", "timestamp"]).default("score"),
    sort_dir: z.enum(["asc", "desc"]).default("desc"),
    page: z.int().min(1).max(100).default(1).describe("next_page of the previous answer"),
    count: z.int().min(1).max(100).default(20).describe("Matches a page"),
  }),
  output: z.object({
    total: z.int().nullish(),
    matches: z.array(
      z.object({
        channel: z.object({ id: z.string(), name: z.string().nullish() }),
        ts: z.string(),
        user: z.string().nullish(),
        username: z.string().nullish(),
        text: z.string().nullish(),
        permalink: z.string().nullish(),
      }),
    ),
    next_page: z.int().optional().describe("Where the list goes on; absent at its end"),
  }),
  async run(input, context) {
    const slack = await openSlack(context);
    const { messages } = await slack.search.messages(input);
    const isLast = input.page >= (messages?.paging?.pages ?? 0);
    return { ...messages, ...(!isLast && { next_page: input.page + 1 }) };
  },
});
