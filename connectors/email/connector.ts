import { apiKey, cutText, defineConnector, HubError } from "#connector";
import { inbound } from "./events.ts";
import * as operations from "./operations.ts";
import { Settings } from "./settings.ts";

/** Declarative, since Resend's client takes no fetch and could not be kept on the hub's connection. */
export default defineConnector({
  id: "email",
  name: "Email (Resend)",
  version: "1.0.0",
  category: "email",
  capabilities: ["email", "notifications"],
  baseUrl: "https://api.resend.com",
  auth: [
    apiKey({
      label: "API key",
      env: "RESEND_API_KEY",
      header: "authorization",
      prefix: "Bearer ",
      pattern: /^re_\w+$/,
      patternHint: "starts with re_",
      createAt: "https://resend.com/api-keys",
      more: [
        {
          label: "Webhook signing secret",
          env: "RESEND_WEBHOOK_SECRET",
          pattern: /^whsec_[\w+/=]+$/,
          patternHint: "starts with whsec_",
          createAt: "https://resend.com/webhooks",
          optional: true,
        },
      ],
    }),
  ],
  config: Settings,
  operations,
  inbound,
  verify: {
    operation: "list_domains",
    account: ({ data: [domain] }) =>
      domain ? { id: domain.id, label: domain.name } : { label: "Resend without a domain" },
    accountOfRefusal: ({ details }, { from }) =>
      details["serviceCode"] === "restricted_api_key"
        ? { label: from === undefined ? "Sending-only key" : `Sending-only key of ${from}` }
        : undefined,
  },
  channel: {
    send: {
      operation: "send_email",
      isReadable: true,
      toInput({ title, message, profile, link }, { to }) {
        if (to === undefined) {
          throw new HubError("invalid_input", "Email has nobody to notify: its setting to is not set.", {
            hint: "Set it with --config to=name@example.com.",
          });
        }
        const address = link ? `\n\n${link.label}: ${link.url}` : "";
        return { to: [to], subject: writeSubject(title ?? message), text: `${message}${address}\n\n— ${profile}` };
      },
      room: ({ to }) => to,
    },
  },
  refusals: {
    restricted_api_key: { status: 403, hint: "This key may only send: ask the owner for one with full access." },
    invalid_api_key: { status: 401 },
    daily_quota_exceeded: { hint: "The day's quota is used up: send tomorrow, or ask the owner to raise it." },
    monthly_quota_exceeded: { hint: "The month's quota is used up: ask the owner to raise it." },
    invalid_idempotent_request: { hint: "Start a new call: this one was already made with another content." },
  },
  agentEnvVars: { RESEND_API_KEY: "RESEND_API_KEY" },
  provides: ["email"],
});

/** About what a mail program shows. */
const SUBJECT_LIMIT = 120;

function writeSubject(text: string): string {
  const [firstLine = ""] = text.trim().split(/\r?\n/, 1);
  return cutText(firstLine, SUBJECT_LIMIT);
}
