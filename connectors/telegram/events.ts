import * as z from "zod";
import type { Hearer, Inbound, InboundEvent, Said } from "#connector";
import { openTelegram } from "./client.ts";

const Person = z.object({
  id: z.int(),
  is_bot: z.boolean().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  username: z.string().nullish(),
});

const Message = z.object({
  message_id: z.int(),
  date: z.int(),
  from: Person,
  chat: z.object({ id: z.int(), type: z.string() }),
  message_thread_id: z.int().nullish(),
  is_topic_message: z.boolean().nullish(),
  text: z.string().nullish(),
  caption: z.string().nullish(),
  reply_to_message: z.object({ from: Person.nullish() }).nullish(),
});

const Callback = z.object({
  id: z.string(),
  from: Person,
  data: z.string(),
  message: Message.omit({ from: true }).extend({ chat: Message.shape.chat.extend({ username: z.string().nullish() }) }),
});

/** What is said in a group that has become a supergroup, which has another id. */
const Moved = z.object({ chat: z.object({ id: z.int() }), migrate_to_chat_id: z.int() });

const Update = z.object({
  update_id: z.int(),
  message: z.unknown().optional(),
  callback_query: z.unknown().optional(),
});

/** What the hub wants to hear of. */
const WANTED = ["message", "callback_query"] as const;

const WAIT_SECONDS = 25;

/** Updates, asked for or sent by webhook: https://core.telegram.org/bots/api#getting-updates. */
export const inbound: Inbound = {
  signature: {
    kind: "token",
    secret: "TELEGRAM_WEBHOOK_SECRET",
    header: "x-telegram-bot-api-secret-token",
  },

  read({ body }, hearer) {
    const { success, data } = Update.safeParse(body);
    if (!success) return [];
    const id = String(data.update_id);
    const callback = Callback.safeParse(data.callback_query);
    if (callback.success) return [{ id, type: "callback_query", ...readPress(callback.data) }];
    const moved = Moved.safeParse(data.message);
    if (moved.success) return [{ id, type: "message", renamed: readMove(moved.data) }];
    const message = readMessage(data.message, hearer);
    return [{ id, type: message ? "message" : "update", ...(message && { message }) }];
  },

  answer({ body }) {
    const { data: update } = Update.safeParse(body);
    const callback = Callback.safeParse(update?.callback_query);
    if (!callback.success) return undefined;
    return { status: 200, body: { method: "answerCallbackQuery", callback_query_id: callback.data.id } };
  },

  edit: "edit_message",

  isOff: ({ hear }) => hear === false,

  poll: {
    async next(context, position) {
      const telegram = await openTelegram(context);
      const ask = () =>
        telegram.raw.getUpdates({
          timeout: WAIT_SECONDS,
          allowed_updates: WANTED,
          ...(position !== undefined && { offset: Number(position) }),
        });
      const updates = await ask().catch(async (error: unknown) => {
        if (!isBarredByWebhook(error)) throw error;
        await telegram.raw.deleteWebhook({});
        return ask();
      });
      // Until then the button of whoever pressed looks busy.
      const presses = updates.flatMap(({ callback_query: press }) => (press ? [press.id] : []));
      void Promise.allSettled(presses.map((id) => telegram.raw.answerCallbackQuery({ callback_query_id: id })));
      const last = updates.at(-1);
      return { updates, position: last ? String(last.update_id + 1) : position };
    },
  },

  webhook: {
    set: async (context, url, secret_token) =>
      (await openTelegram(context)).raw.setWebhook({ url, secret_token, allowed_updates: WANTED }),
    clear: async (context) => (await openTelegram(context)).raw.deleteWebhook({}),
  },

  pairing: {
    operation: "read_bot",
    url(bot, code) {
      const { data } = z.object({ username: z.string() }).safeParse(bot);
      return data && `https://t.me/${data.username}?start=${code}`;
    },
  },
};

/** Whether a webhook that was set up before keeps the bot from asking. */
function isBarredByWebhook(error: unknown): boolean {
  const failure = z.object({ error_code: z.literal(409), description: z.string() }).safeParse(error);
  return failure.success && failure.data.description.includes("webhook");
}

/** Undefined for what no person says: edits come as other updates and are not asked for. */
function readMessage(value: unknown, { id, name }: Hearer): Said | undefined {
  const { success, data } = Message.safeParse(value);
  if (!success || data.from.is_bot === true) return undefined;
  const said = data.text ?? data.caption ?? "";
  const text = [said, nameHeld(value)].filter((part) => part !== "").join("\n");
  if (text === "") return undefined;
  const chat = String(data.chat.id);
  const isInThread = data.is_topic_message === true && typeof data.message_thread_id === "number";
  const isAnswer = data.reply_to_message?.from?.id === Number(id);
  return {
    text,
    person: readPerson(data.from),
    chat,
    thread: isInThread ? `${chat}:${data.message_thread_id}` : chat,
    isInThread,
    isAddressed: data.chat.type === "private" || isAnswer || isCalled(said, name),
    at: new Date(data.date * 1000).toISOString(),
  };
}

function readMove({ chat, migrate_to_chat_id: to }: z.output<typeof Moved>) {
  return { from: String(chat.id), to: String(to) };
}

/** Whether a text in a group mentions a bot, or is a command that names no other. */
function isCalled(text: string, name: string): boolean {
  const mentioned = text.match(/@\w+/g) ?? [];
  return mentioned.some((one) => one.toLowerCase() === name.toLowerCase()) || /^\/\w+(?![\w@])/.test(text);
}

/** What a message can hold besides text. What holds two of them is named by the first. */
const KINDS = [
  "animation",
  "audio",
  "contact",
  "document",
  "photo",
  "poll",
  "sticker",
  "venue",
  "location",
  "video",
  "video_note",
  "voice",
] as const;

/** E.g. `[photo]`: the agent is told that there was something, which it can't see. */
function nameHeld(message: unknown): string {
  const kind = KINDS.find((name) => Object(message)[name] !== undefined);
  if (kind === undefined) return "";
  const { data: file } = z.object({ file_name: z.string() }).safeParse(Object(message)[kind]);
  return file ? `[${kind}: ${file.file_name}]` : `[${kind}]`;
}

/** A press of a button below a message of the bot's. */
function readPress({ from, data, message }: z.output<typeof Callback>): Pick<InboundEvent, "message" | "press"> {
  const person = readPerson(from);
  const { chat, message_id, message_thread_id: topic } = message;
  const room = String(chat.id);
  const isInThread = message.is_topic_message === true && typeof topic === "number";
  const thread = isInThread ? `${room}:${topic}` : room;
  const names = typeof chat.username === "string" ? [`@${chat.username}`] : [];
  return {
    message: { text: data, person, chat: room, thread, isInThread, isAddressed: true },
    press: {
      data,
      person,
      rooms: [room, ...names],
      text: message.text ?? "",
      message: { chat_id: chat.id, message_id },
    },
  };
}

function readPerson({ id, first_name, last_name, username }: z.output<typeof Person>): Said["person"] {
  const named = [first_name, last_name].filter((part) => typeof part === "string").join(" ");
  const name = named === "" ? (username ?? "") : named;
  return { id: String(id), ...(name !== "" && { name }) };
}

/** A thread as `events.ts` names it, for whoever sends to it. */
export function splitThread(thread: string): { readonly chat_id: string; readonly message_thread_id?: number } {
  const [chat_id = "", topic] = thread.split(":");
  return { chat_id, ...(topic !== undefined && { message_thread_id: Number(topic) }) };
}
