import * as z from "zod";
import { apiKey, cutText, defineConnector, HubError, type Notification } from "#connector";
import { Snowflake } from "./fields.ts";
import { inbound } from "./events.ts";
import * as operations from "./operations.ts";

/** Declarative, since Discord's own client costs more than the dozen calls it would make. */
export default defineConnector({
  id: "discord",
  name: "Discord",
  version: "1.0.0",
  category: "messaging",
  capabilities: ["messaging", "notifications"],
  baseUrl: "https://discord.com/api/v10",
  // Discord refuses clients that do not say so.
  headers: { "user-agent": "DiscordBot (patchbay, 1.0.0)" },
  auth: [
    apiKey({
      label: "Bot token",
      env: "DISCORD_BOT_TOKEN",
      header: "authorization",
      prefix: "Bot ",
      pattern: /^[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}$/,
      patternHint: "has three parts with dots between, without the word Bot",
      createAt: "https://discord.com/developers/applications",
      more: [
        {
          label: "Application public key",
          env: "DISCORD_PUBLIC_KEY",
          pattern: /^[0-9a-f]{64}$/,
          patternHint: "has 64 hexadecimal digits",
          optional: true,
        },
      ],
    }),
  ],
  config: z.object({
    notifyChannelId: Snowflake.optional().describe("The id of the channel that gets notifications"),
  }),
  operations,
  inbound,
  verify: {
    operation: "read_bot",
    account: ({ id, username }) => ({ id, label: username }),
  },
  channel: {
    send: {
      operation: "send_message",
      isReadable: true,
      longest: 1_900,
      toInput(notification, { notifyChannelId }) {
        const { thread, message, link } = notification;
        if (thread !== undefined) return { channel_id: thread, content: cutText(escapeLinks(message), TEXT_LIMIT) };
        if (notifyChannelId === undefined) {
          throw new HubError(
            "invalid_input",
            "Discord has no channel to notify: its setting notifyChannelId is not set.",
            {
              hint: "Set it with --config notifyChannelId=… to the id of a channel that the bot may write to.",
            },
          );
        }
        return {
          channel_id: notifyChannelId,
          content: writeText(notification),
          ...(link && { link_buttons: [{ label: link.label, url: link.url }] }),
        };
      },
    },
  },
  // https://discord.com/developers/docs/topics/opcodes-and-status-codes
  refusals: {
    10003: { hint: "Check channel_id with list_channels." },
    10008: { hint: "Check message_id with read_channel." },
    40001: { status: 401 },
    50001: { hint: "Ask an administrator of the server to let the bot see the channel." },
    50013: { hint: "Ask an administrator of the server to give the bot this permission." },
    50035: { hint: "Check the ids and the length of the text." },
  },
  agentEnvVars: { DISCORD_BOT_TOKEN: "DISCORD_BOT_TOKEN" },
  provides: ["messaging"],
});

const TEXT_LIMIT = 2_000;

function writeText({ title, message, urgency, profile }: Notification): string {
  const heading = title === undefined ? "" : `**${escapeLinks(title)}**\n`;
  const alarm = urgency === "high" ? ":rotating_light: " : "";
  const signature = `\n*${profile}*`;
  return cutText(alarm + heading + escapeLinks(message), TEXT_LIMIT - signature.length) + signature;
}

/** Keeps a text from hiding behind other words where a link leads. */
function escapeLinks(text: string): string {
  return text.replaceAll("](", "]\\(");
}
