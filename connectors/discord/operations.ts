import * as z from "zod";
import { type CallContext, operation, rest } from "#connector";
import { Channel, ChannelId, Message, MessageId, Snowflake } from "./fields.ts";

/** Nobody is pinged by what an agent writes. */
const NO_PINGS = { parse: [] };
const NONCE_LENGTH = 25;

const content = z.string().min(1).max(2000).describe("The message in Discord's Markdown, at most 2,000 characters");

const Done = z.object({ ok: z.boolean() });

export const read_bot = rest({
  summary: "Read which bot this credential belongs to. Returns its id and name.",
  effect: "read",
  input: z.object({}),
  output: z.object({ id: z.string(), username: z.string(), global_name: z.string().nullish() }),
  request: "GET /users/@me",
});

export const send_message = operation({
  summary:
    "Send a message to a channel or a thread. Returns the message with its id. Take channel_id from list_channels. Mentions in it ping nobody.",
  effect: "write",
  input: z.object({
    channel_id: ChannelId,
    content,
    reply_to: MessageId.exactOptional().describe("Answer the message with this id in the channel"),
    link_buttons: z
      .array(z.object({ label: z.string().min(1).max(80), url: z.url({ protocol: /^https?$/ }).max(512) }))
      .min(1)
      .max(5)
      .exactOptional()
      .describe("Buttons below the message, each of which opens an address"),
  }),
  output: Message,
  run: ({ channel_id, reply_to, link_buttons, ...message }, { http, idempotencyKey }) =>
    http.request("POST", `/channels/${channel_id}/messages`, {
      body: {
        ...message,
        allowed_mentions: NO_PINGS,
        // Sent twice within some minutes, it is posted once.
        nonce: idempotencyKey.slice(-NONCE_LENGTH),
        enforce_nonce: true,
        ...(reply_to !== undefined && { message_reference: { message_id: reply_to, fail_if_not_exists: false } }),
        ...(link_buttons && {
          components: [{ type: 1, components: link_buttons.map((button) => ({ type: 2, style: 5, ...button })) }],
        }),
      },
    }),
});

export const read_channel = operation({
  summary:
    "Read the messages of a channel or a thread, the newest first. Returns each with its id, author and time. Take channel_id from list_channels.",
  effect: "read",
  input: z.object({
    channel_id: ChannelId,
    limit: z.int().min(1).max(100).default(50),
    before: MessageId.exactOptional().describe("Only messages before the one with this id"),
    after: MessageId.exactOptional().describe("Only messages after the one with this id"),
  }),
  output: z.object({ messages: z.array(Message) }),
  run: async ({ channel_id, ...query }, { http }) => ({
    messages: await http.request("GET", `/channels/${channel_id}/messages`, { query }),
  }),
});

export const list_guilds = operation({
  summary: "List the servers that the bot is in. Returns the id and name of each; list_channels takes the id.",
  effect: "read",
  input: z.object({
    limit: z.int().min(1).max(200).default(100),
    after: Snowflake.exactOptional().describe("The last id of the page before"),
  }),
  output: z.object({ guilds: z.array(z.object({ id: z.string(), name: z.string().nullish() })) }),
  run: async (query, { http }) => ({ guilds: await http.request("GET", "/users/@me/guilds", { query }) }),
});

export const list_channels = operation({
  summary: "List the channels of a server. Returns the id, name and type of each. Take guild_id from list_guilds.",
  effect: "read",
  input: z.object({ guild_id: Snowflake.describe("The server's id, from list_guilds") }),
  output: z.object({ channels: z.array(Channel) }),
  run: async ({ guild_id }, { http }) => ({ channels: await http.request("GET", `/guilds/${guild_id}/channels`) }),
});

export const create_thread = rest({
  summary:
    "Start a thread at a message. Returns the thread, whose id send_message takes as a channel. Take message_id from send_message or read_channel.",
  effect: "write",
  input: z.object({
    channel_id: ChannelId,
    message_id: MessageId,
    name: z.string().min(1).max(100),
  }),
  output: Channel,
  request: "POST /channels/{channel_id}/messages/{message_id}/threads",
});

export const edit_message = operation({
  summary: "Replace the text of a message that the bot sent. Returns the message. Take message_id from send_message.",
  effect: "write",
  idempotent: true,
  input: z.object({ channel_id: ChannelId, message_id: MessageId, content }),
  output: Message,
  run: ({ channel_id, message_id, ...message }, { http }) =>
    http.request("PATCH", `/channels/${channel_id}/messages/${message_id}`, {
      body: { ...message, allowed_mentions: NO_PINGS },
    }),
});

export const delete_message = operation({
  summary: "Delete a message. Returns ok. Take message_id from send_message or read_channel.",
  effect: "destructive",
  input: z.object({ channel_id: ChannelId, message_id: MessageId }),
  output: Done,
  run: ({ channel_id, message_id }, context) =>
    finish(context, "DELETE", `/channels/${channel_id}/messages/${message_id}`),
});

export const add_reaction = operation({
  summary: "React to a message with an emoji. Returns ok. Take message_id from send_message or read_channel.",
  effect: "write",
  idempotent: true,
  input: z.object({
    channel_id: ChannelId,
    message_id: MessageId,
    emoji: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^/\s]+$/)
      .describe("The emoji itself, or name:id of the server's own"),
  }),
  output: Done,
  run: ({ channel_id, message_id, emoji }, context) =>
    finish(context, "PUT", `/channels/${channel_id}/messages/${message_id}/reactions/${encodeURIComponent(emoji)}/@me`),
});

async function finish({ http }: CallContext, method: "PUT" | "DELETE", path: string) {
  await http.request(method, path, { answer: "ignored" });
  return { ok: true };
}
