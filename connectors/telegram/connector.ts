import * as z from "zod";
import { apiKey, cutText, defineConnector, HubError, type Notification } from "#connector";
import { ChatId } from "./chat-id.ts";
import { inbound, splitThread } from "./events.ts";
import { readFailure } from "./failure.ts";
import * as operations from "./operations.ts";

export default defineConnector({
  id: "telegram",
  name: "Telegram",
  version: "1.0.0",
  category: "messaging",
  capabilities: ["messaging", "notifications"],
  baseUrl: "https://api.telegram.org",
  rpc: true,
  auth: [
    apiKey({
      label: "Bot token",
      env: "TELEGRAM_BOT_TOKEN",
      pattern: /^\d+:[\w-]+$/,
      patternHint: "looks like 123456789:AAE… as @BotFather shows it, without the word bot",
      createAt: "https://t.me/BotFather",
      placement: { pathPrefix: "/bot{credential}" },
      more: [
        {
          label: "Webhook secret",
          env: "TELEGRAM_WEBHOOK_SECRET",
          pattern: /^[\w-]{1,256}$/,
          patternHint: "has 1 to 256 letters, digits, underscores and hyphens",
          optional: true,
        },
      ],
    }),
  ],
  config: z.object({
    defaultChatId: ChatId.optional().describe("The chat that gets notifications"),
    hear: z
      .boolean()
      .optional()
      .describe("Whether the hub hears what is said to the bot; false where another program does"),
  }),
  operations,
  inbound,
  verify: {
    operation: "read_bot",
    account: (bot) => ({ id: String(bot.id), label: `@${bot.username}` }),
  },
  channel: {
    send: {
      operation: "send_message",
      longest: 4_000,
      toInput(notification, { defaultChatId }) {
        const { link, urgency, thread, message, choices } = notification;
        if (thread !== undefined) return { ...splitThread(thread), text: cutText(message, TEXT_LIMIT) };
        if (defaultChatId === undefined) {
          throw new HubError("invalid_input", "Telegram has nobody to notify: its setting defaultChatId is not set.", {
            hint: "Set it with --config defaultChatId=… to the id of a chat that the bot is in.",
          });
        }
        return {
          chat_id: defaultChatId,
          text: writeText(notification),
          ...(urgency === "low" && { disable_notification: true }),
          ...(link && { link_preview_options: { is_disabled: true } }),
          ...(link && isForButton(link.url) && { link_buttons: [{ text: link.label, url: link.url }] }),
          ...(choices && { choice_buttons: choices.map(({ label, data }) => ({ text: label, callback_data: data })) }),
        };
      },
      room: ({ defaultChatId }) => (defaultChatId === undefined ? undefined : String(defaultChatId)),
    },
  },
  // A webhook would keep whoever uses the bot next from polling.
  onDisconnect: ({ http }) => http.request("POST", "/deleteWebhook", { answer: "ignored" }),
  failure: readFailure,
  agentEnvVars: { TELEGRAM_BOT_TOKEN: "TELEGRAM_BOT_TOKEN" },
  provides: ["messaging"],
});

const TEXT_LIMIT = 4096;

function writeText({ title, message, profile, link }: Notification): string {
  const heading = title === undefined ? "" : `${title}\n\n`;
  const address = link && !isForButton(link.url) ? `\n\n${link.label}: ${link.url}` : "";
  const ending = `${address}\n\n— ${profile}`;
  return cutText(heading + message, TEXT_LIMIT - ending.length) + ending;
}

/** Telegram refuses a message of which a button's host has no dot, as localhost has none. */
function isForButton(url: string): boolean {
  return URL.parse(url)?.hostname.includes(".") ?? false;
}
