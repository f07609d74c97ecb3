import * as z from "zod";
import { apiKey, cutText, defineConnector, HubError, type Notification, oauth2 } from "#connector";
import { inbound, splitThread } from "./events.ts";
import { readFailure } from "./failure.ts";
import * as operations from "./operations.ts";

export default defineConnector({
  id: "slack",
  name: "Slack",
  version: "1.0.0",
  category: "messaging",
  capabilities: ["messaging", "notifications", "search"],
  baseUrl: "https://slack.com/api",
  rpc: true,
  auth: [
    apiKey({
      label: "Bot token",
      env: "SLACK_BOT_TOKEN",
      header: "authorization",
      prefix: "Bearer ",
      pattern: /^xoxb-[\w-]+$/,
      patternHint: "starts with xoxb-",
      createAt: "https://api.slack.com/apps",
      more: [
        {
          label: "User token, for search",
          env: "SLACK_USER_TOKEN",
          placement: { header: "authorization", prefix: "Bearer " },
          pattern: /^xoxp-[\w-]+$/,
          patternHint: "starts with xoxp-",
          optional: true,
        },
        { label: "Signing secret, to receive messages", env: "SLACK_SIGNING_SECRET", pattern: /^\w+$/, optional: true },
        {
          label: "App-level token, to receive messages without a public address",
          env: "SLACK_APP_TOKEN",
          placement: { header: "authorization", prefix: "Bearer " },
          pattern: /^xapp-[\w-]+$/,
          patternHint: "starts with xapp-",
          optional: true,
        },
      ],
    }),
    oauth2({
      authorizeUrl: "https://slack.com/oauth/v2/authorize",
      tokenUrl: "https://slack.com/api/oauth.v2.access",
      revokeUrl: "https://slack.com/api/auth.revoke",
      revokeBy: "bearer",
      manageUrl: "https://slack.com/apps/manage",
      createAppAt: "https://api.slack.com/apps",
      authorizeParameters: { user_scope: "search:read" },
      otherTokens: { SLACK_USER_TOKEN: "authed_user" },
      scopes: [
        "chat:write",
        "chat:write.public",
        "channels:read",
        "channels:history",
        "channels:join",
        "channels:manage",
        "groups:read",
        "groups:history",
        "groups:write",
        "im:read",
        "im:history",
        "im:write",
        "mpim:read",
        "mpim:history",
        "users:read",
        "users:read.email",
        "reactions:write",
      ],
      scopeSeparator: ",",
    }),
  ],
  config: z.object({
    notifyChannel: z
      .string()
      .regex(/^[^\s,]+$/)
      .max(100)
      .optional()
      .describe("The channel that gets notifications: its id or #name"),
  }),
  operations,
  inbound,
  verify: {
    operation: "read_workspace",
    account: ({ team_id, user_id, team, user }) => ({
      id: `${team_id}:${user_id}`,
      label: `${team ?? team_id} (${user ?? user_id})`,
    }),
  },
  channel: {
    send: {
      operation: "post_message",
      isReadable: true,
      toInput(notification, { notifyChannel }) {
        const { link, thread, message, choices } = notification;
        if (thread !== undefined) return { ...splitThread(thread), text: cutText(escapeText(message), TEXT_LIMIT) };
        if (notifyChannel === undefined) {
          throw new HubError("invalid_input", "Slack has no channel to notify: its setting notifyChannel is not set.", {
            hint: "Set it with --config notifyChannel=#general.",
          });
        }
        return {
          channel: notifyChannel,
          text: writeText(notification),
          ...(link && { link_buttons: [{ text: link.label, url: link.url }], unfurl_links: false }),
          ...(choices && { choice_buttons: choices.map(({ label, data }) => ({ text: label, value: data })) }),
        };
      },
      room: ({ notifyChannel }) => notifyChannel,
    },
  },
  failure: readFailure,
  agentEnvVars: { SLACK_BOT_TOKEN: "SLACK_BOT_TOKEN" },
  provides: ["messaging"],
});

const TEXT_LIMIT = 40_000;

function writeText({ title, message, urgency, profile }: Notification): string {
  const heading = title === undefined ? "" : `*${escapeText(title)}*\n`;
  const alarm = urgency === "high" ? ":rotating_light: " : "";
  const signature = `\n_${escapeText(profile)} · ${urgency} urgency_`;
  return cutText(alarm + heading + escapeText(message), TEXT_LIMIT - signature.length) + signature;
}

/** Keeps a text from mentioning people: https://docs.slack.dev/messaging/formatting-message-text. */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
