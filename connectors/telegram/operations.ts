import * as z from "zod";
import { operation } from "#connector";
import { ChatId } from "./chat-id.ts";
import { openTelegram } from "./client.ts";

const groupHint = "give a group's negative id or its @username";

const GroupId = z
  .union([z.int().negative(groupHint), z.string().regex(/^(-\d{1,16}|@\w{4,32})$/, groupHint)])
  .describe("The group or channel: its negative id, or its @username if it is public");

const MessageId = z
  .int()
  .positive()
  .describe("message_id as send_message, post_to_group or a received message gave it");

const ParseMode = z
  .enum(["HTML", "MarkdownV2"])
  .describe("How the text is marked up; plain text when absent. MarkdownV2 wants . ! - ( ) and other marks escaped");

const disableNotification = z.boolean().describe("Arrive without a sound");

const messageFields = {
  text: z.string().min(1).max(4096).describe("The message, at most 4096 characters"),
  parse_mode: ParseMode.exactOptional(),
  reply_parameters: z
    .object({ message_id: MessageId })
    .exactOptional()
    .describe("The message in this chat to reply to"),
  link_preview_options: z
    .object({ is_disabled: z.boolean() })
    .exactOptional()
    .describe("Whether to hide link previews"),
  disable_notification: disableNotification.exactOptional(),
  link_buttons: z
    .array(z.object({ text: z.string().min(1).max(64), url: z.url({ protocol: /^https?$/ }).max(2048) }))
    .min(1)
    .max(5)
    .exactOptional()
    .describe("Buttons below the message, each of which opens an address"),
  choice_buttons: z
    .array(z.object({ text: z.string().min(1).max(64), callback_data: z.string().min(1).max(64) }))
    .min(1)
    .max(5)
    .exactOptional()
    .describe("Buttons below the message; the callback_data of one that is pressed is said to the bot, as a message"),
};

interface Buttons {
  readonly link_buttons?: readonly { readonly text: string; readonly url: string }[];
  readonly choice_buttons?: readonly { readonly text: string; readonly callback_data: string }[];
}

/** Telegram has rows of buttons; each link gets a row, and choices share one. */
function withKeyboard<Input extends Buttons>({ link_buttons = [], choice_buttons = [], ...input }: Input) {
  const rows = [...(choice_buttons.length > 0 ? [[...choice_buttons]] : []), ...link_buttons.map((button) => [button])];
  return rows.length === 0 ? input : { ...input, reply_markup: { inline_keyboard: rows } };
}

const fileFields = {
  chat_id: ChatId,
  caption: z.string().max(1024).exactOptional().describe("Text below it, at most 1024 characters"),
  parse_mode: ParseMode.exactOptional(),
  disable_notification: disableNotification.exactOptional(),
};

const Chat = z.object({
  id: z.int(),
  type: z.string().nullish().describe("private, group, supergroup or channel"),
  title: z.string().nullish(),
  username: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
});

const Message = z.object({
  message_id: z.int(),
  date: z.int().nullish().describe("Unix time in seconds"),
  chat: Chat.nullish(),
  message_thread_id: z.int().nullish(),
  text: z.string().nullish(),
  caption: z.string().nullish(),
});

const Done = z.object({ ok: z.boolean() });

export const read_bot = operation({
  summary:
    "Read which bot this credential belongs to. Returns its id, its username and whether it may join groups and read all their messages.",
  effect: "read",
  input: z.object({}),
  output: z.object({
    id: z.int(),
    username: z.string(),
    first_name: z.string().nullish(),
    can_join_groups: z.boolean().nullish(),
    can_read_all_group_messages: z.boolean().nullish(),
  }),
  run: async (_input, context) => (await openTelegram(context)).raw.getMe(),
});

export const get_chat = operation({
  summary:
    "Read one chat the bot is in. Returns its type, title or name, description and pinned message. Telegram lists no chats: take chat_id from a received message or from the owner.",
  effect: "read",
  input: z.object({ chat_id: ChatId }),
  output: Chat.extend({
    description: z.string().nullish(),
    bio: z.string().nullish(),
    is_forum: z.boolean().nullish(),
    linked_chat_id: z.int().nullish(),
    pinned_message: Message.nullish(),
  }),
  run: async (input, context) => (await openTelegram(context)).raw.getChat(input),
});

export const send_message = operation({
  summary:
    "Send a text message to a person, group or channel. Returns the message with its message_id. Take chat_id from a received message or from the owner; a person must have written to the bot first.",
  effect: "write",
  input: z.object({
    chat_id: ChatId,
    message_thread_id: z.int().exactOptional().describe("The topic of a forum group, as its messages name it"),
    ...messageFields,
  }),
  output: Message,
  run: async (input, context) => (await openTelegram(context)).raw.sendMessage(withKeyboard(input)),
});

export const post_to_group = operation({
  summary:
    "Post a text message to a group or channel that has the bot as a member, or in one topic of it. Returns the message with its message_id. Check the group with get_chat.",
  effect: "write",
  input: z.object({
    chat_id: GroupId,
    message_thread_id: z
      .int()
      .positive()
      .exactOptional()
      .describe("The topic of a group with topics, as a message received there gave it"),
    ...messageFields,
  }),
  output: Message,
  run: async (input, context) => (await openTelegram(context)).raw.sendMessage(withKeyboard(input)),
});

export const send_photo = operation({
  summary:
    "Send a photo from the web to a person, group or channel. Returns the message with its message_id. Take chat_id from a received message or from the owner.",
  effect: "write",
  input: z.object({
    ...fileFields,
    photo: z.httpUrl().max(2048).describe("Public address of the picture, which Telegram downloads; at most 5 MB"),
  }),
  output: Message,
  run: async (input, context) => (await openTelegram(context)).raw.sendPhoto(input),
});

export const send_document = operation({
  summary:
    "Send a PDF, ZIP or GIF file from the web to a person, group or channel. Returns the message with its message_id. Take chat_id from a received message or from the owner.",
  effect: "write",
  input: z.object({
    ...fileFields,
    document: z.httpUrl().max(2048).describe("Public address of the file, which Telegram downloads; at most 20 MB"),
  }),
  output: Message,
  run: async (input, context) => (await openTelegram(context)).raw.sendDocument(input),
});

export const edit_message = operation({
  summary:
    "Replace the text of a message that the bot sent. Returns the message_id and whether anything changed. Take message_id from send_message or post_to_group.",
  effect: "write",
  idempotent: true,
  input: z.object({
    chat_id: ChatId,
    message_id: MessageId,
    text: messageFields.text,
    parse_mode: messageFields.parse_mode,
    link_preview_options: messageFields.link_preview_options,
  }),
  output: z.object({ message_id: z.int(), changed: z.boolean() }),
  async run(input, context) {
    const { raw } = await openTelegram(context);
    try {
      await raw.editMessageText(input);
      return { message_id: input.message_id, changed: true };
    } catch (error) {
      if (error instanceof Error && error.message.includes("message is not modified")) {
        return { message_id: input.message_id, changed: false };
      }
      throw error;
    }
  },
});

export const delete_message = operation({
  summary:
    "Delete a message for everyone in the chat; Telegram allows it for 48 hours. Returns ok. Take message_id from send_message, post_to_group or a received message.",
  effect: "destructive",
  input: z.object({ chat_id: ChatId, message_id: MessageId }),
  output: Done,
  run: async (input, context) => ({ ok: await (await openTelegram(context)).raw.deleteMessage(input) }),
});

export const pin_message = operation({
  summary:
    "Pin a message at the top of its chat, where the bot must be an administrator if it is a group. Returns ok. Take message_id from send_message, post_to_group or a received message.",
  effect: "write",
  idempotent: true,
  input: z.object({
    chat_id: ChatId,
    message_id: MessageId,
    disable_notification: disableNotification.exactOptional(),
  }),
  output: Done,
  run: async (input, context) => ({ ok: await (await openTelegram(context)).raw.pinChatMessage(input) }),
});

export const unpin_message = operation({
  summary:
    "Take a pinned message down from the top of its chat. Returns ok. Take message_id from the pinned_message of get_chat or from pin_message's input.",
  effect: "write",
  idempotent: true,
  input: z.object({ chat_id: ChatId, message_id: MessageId }),
  output: Done,
  run: async (input, context) => ({ ok: await (await openTelegram(context)).raw.unpinChatMessage(input) }),
});
