import * as z from "zod";
import type { Frame, Hearer, Inbound, InboundEvent, InboundRequest, Said } from "#connector";
import { openSlack } from "./client.ts";

const Text = z.string().nullish();

const MessageEvent = z.object({
  type: z.enum(["message", "app_mention"]),
  subtype: Text,
  channel: z.string(),
  channel_type: Text,
  user: z.string(),
  bot_id: Text,
  text: z.string(),
  files: z.array(z.object({ name: Text })).nullish(),
  ts: z.string(),
  thread_ts: Text,
});

const Callback = z.object({ type: z.literal("event_callback"), event_id: z.string(), event: z.unknown() });

const SlashCommand = z.object({
  command: z.string(),
  text: z.string().default(""),
  user_id: z.string(),
  user_name: Text,
  channel_id: z.string(),
  trigger_id: z.string(),
});

const BlockActions = z.object({
  type: z.literal("block_actions"),
  trigger_id: z.string(),
  user: z.object({ id: z.string(), username: Text, name: Text }),
  channel: z.object({ id: z.string(), name: Text }),
  message: z.object({ ts: z.string(), thread_ts: Text, text: z.string().default("") }),
  actions: z.tuple([z.object({ value: z.string() })], z.unknown()),
});

/** The Events API, slash commands, and the same by Socket Mode: https://docs.slack.dev/apis/events-api. */
export const inbound: Inbound = {
  signature: {
    kind: "hmac",
    secret: "SLACK_SIGNING_SECRET",
    signs: "v0:{time}:{body}",
    header: "x-slack-signature",
    prefix: "v0=",
    encoding: "hex",
    sentAt: { header: "x-slack-request-timestamp", windowSeconds: 300 },
  },

  answer({ body }) {
    const { success, data } = z.object({ type: z.literal("url_verification"), challenge: z.string() }).safeParse(body);
    return success ? { status: 200, body: { challenge: data.challenge } } : undefined;
  },

  read({ body }: InboundRequest, hearer: Hearer): readonly InboundEvent[] {
    const callback = Callback.safeParse(body);
    if (callback.success) return [readCallback(callback.data, hearer)];
    const command = SlashCommand.safeParse(body);
    if (command.success) return [readCommand(command.data)];
    const action = BlockActions.safeParse(readPayload(body));
    return action.success ? [readPress(action.data)] : [];
  },

  edit: "update_message",

  socket: {
    credential: "SLACK_APP_TOKEN",
    hosts: ["slack.com", "slack-msgs.com"],
    async open(context) {
      const { url } = await (await openSlack(context)).apps.connections.open();
      return url ?? "";
    },
    read: readFrame,
  },
};

const FRAME = z.object({ type: z.string(), envelope_id: Text, payload: z.unknown().optional() });

function readFrame(frame: unknown): Frame {
  const { success, data } = FRAME.safeParse(frame);
  if (!success) return {};
  if (data.type === "disconnect") return { isLast: true };
  if (typeof data.envelope_id !== "string") return {};
  return { update: data.payload, receipt: { envelope_id: data.envelope_id } };
}

function readCallback({ event_id, event }: z.output<typeof Callback>, hearer: Hearer): InboundEvent {
  const { success, data } = MessageEvent.safeParse(event);
  if (!success) {
    const { data: named } = z.object({ type: z.string() }).safeParse(event);
    return { id: event_id, type: named?.type ?? "unknown" };
  }
  const message = readMessage(data, hearer);
  // A message that mentions the app is told twice, as two events.
  return { id: message ? `${data.channel}:${data.ts}` : event_id, type: data.type, ...(message && { message }) };
}

/** Undefined for what a program says, and for what is no new message, such as a change of one. */
function readMessage(event: z.output<typeof MessageEvent>, hearer: Hearer): Said | undefined {
  const isNew = event.subtype === undefined || event.subtype === null || NEW.has(event.subtype);
  const ownUser = hearer.id?.split(":")[1];
  if (!isNew || typeof event.bot_id === "string" || event.user === ownUser) return undefined;
  const files = (event.files ?? []).map(({ name }) => `[file: ${name ?? "unnamed"}]`);
  const text = [unescapeText(event.text), ...files].filter((part) => part !== "").join("\n");
  if (text === "") return undefined;
  const isDirect = event.channel_type === "im";
  const isInThread = typeof event.thread_ts === "string";
  const root = event.thread_ts ?? event.ts;
  return {
    text,
    person: { id: event.user },
    chat: event.channel,
    // In a direct message only an answer to what was said in a thread goes into one.
    thread: isDirect && !isInThread ? event.channel : `${event.channel}:${root}`,
    isInThread,
    isAddressed: isDirect || event.type === "app_mention" || event.text.includes(`<@${ownUser}>`),
    at: readTs(event.ts),
  };
}

/** What somebody wrote, with the signs by which Slack marks people, rooms and links left as they are. */
function unescapeText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A message with a file, and an answer in a thread that is shown in the channel, too. */
const NEW = new Set(["file_share", "thread_broadcast"]);

/** A `ts` is the time in seconds, with a fraction that makes it unique. */
function readTs(ts: string): string {
  const ms = Number(ts) * 1000;
  return new Date(Number.isFinite(ms) && ms < 8.64e15 ? ms : Date.now()).toISOString();
}

/** Slack sends no text that starts with a slash unless the app has a command of that name. */
function readCommand(command: z.output<typeof SlashCommand>): InboundEvent {
  const { user_id: id, user_name: name, channel_id } = command;
  return {
    id: command.trigger_id,
    type: "slash_command",
    message: {
      text: `${command.command} ${command.text}`.trim(),
      person: { id, ...(typeof name === "string" && { name }) },
      chat: channel_id,
      thread: channel_id,
      isInThread: false,
      isAddressed: true,
    },
  };
}

/** By webhook an interaction is JSON in a field of a form. */
function readPayload(body: unknown): unknown {
  const { data } = z.object({ payload: z.string() }).safeParse(body);
  if (!data) return body;
  try {
    return JSON.parse(data.payload);
  } catch {
    return undefined;
  }
}

/** A press of a button below a message of this app's. Slack tells of no other app's. */
function readPress({ trigger_id, user, channel, message, actions }: z.output<typeof BlockActions>): InboundEvent {
  const name = user.name ?? user.username;
  const person = { id: user.id, ...(typeof name === "string" && { name }) };
  const [{ value }] = actions;
  const isInThread = typeof message.thread_ts === "string";
  const thread = `${channel.id}:${message.thread_ts ?? message.ts}`;
  return {
    id: trigger_id,
    type: "block_actions",
    message: { text: value, person, chat: channel.id, thread, isInThread, isAddressed: true },
    press: {
      data: value,
      person,
      rooms: [channel.id, ...(typeof channel.name === "string" ? [channel.name, `#${channel.name}`] : [])],
      text: message.text,
      message: { channel: channel.id, ts: message.ts },
    },
  };
}

/** A thread as `events.ts` names it, for whoever posts to it. */
export function splitThread(thread: string): { readonly channel: string; readonly thread_ts?: string } {
  const [channel = "", thread_ts] = thread.split(":");
  return { channel, ...(thread_ts !== undefined && { thread_ts }) };
}
