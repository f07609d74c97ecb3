import { apiKey, defineConnector } from "#connector";
import { inbound } from "./events.ts";
import * as operations from "./operations.ts";

const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

export default defineConnector({
  id: "webhook",
  name: "Webhook",
  version: "1.0.0",
  category: "automation",
  capabilities: ["automation", "notifications"],
  auth: [
    apiKey({
      label: "Address",
      env: "WEBHOOK_URL",
      pattern: /^https?:\/\/\S+$/,
      patternHint: "starts with https://",
      placement: { baseUrl: true },
      more: [
        {
          label: "Signing secret",
          env: "WEBHOOK_SECRET",
          pattern: SECRET,
          patternHint:
            'is whsec_ and 24 to 64 random bytes in base64, as echo "whsec_$(openssl rand -base64 32)" makes',
          placement: { sign: "standard_webhooks" },
        },
        {
          label: "Signing secret from before, while the receiver learns the new one",
          env: "WEBHOOK_PREVIOUS_SECRET",
          pattern: SECRET,
          patternHint: "is the WEBHOOK_SECRET that there was, whsec_ included",
          placement: { sign: "standard_webhooks" },
          optional: true,
        },
      ],
    }),
  ],
  operations,
  inbound,
  verify: {
    operation: "ping",
    account: ({ receiver }) => ({ label: receiver }),
  },
  channel: {
    send: {
      operation: "send_event",
      isForPrograms: true,
      toInput: ({ message, title, urgency, profile, createdAt, link, thread, event }) => ({
        type: thread === undefined ? "notification" : "reply",
        timestamp: createdAt,
        data: {
          message,
          ...(title !== undefined && { title }),
          urgency,
          profile,
          ...(thread !== undefined && { thread }),
          ...(link && { link }),
        },
        ...event,
      }),
    },
  },
  refusals: {
    401: { hint: "Ask the owner whether the receiver has the same signing secret." },
    404: { hint: "Ask the owner whether the address is right." },
    410: { hint: "The receiver wants no more events: stop sending, and ask the owner to disconnect the webhook." },
  },
  provides: ["webhooks"],
});
