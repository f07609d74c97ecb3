import { defineConnector, oauth2 } from "#connector";
import * as operations from "./operations.ts";
import { COMPOSE, LABELS, MODIFY, READ, SEND } from "./scopes.ts";

/**
 * Declarative, since `@googleapis/gmail` comes with an authentication of its own, which takes a tenth of a second to load
 * and could not be kept on the hub's connection without a part of it being replaced.
 */
export default defineConnector({
  id: "gmail",
  name: "Gmail",
  version: "1.0.0",
  category: "email",
  capabilities: ["email", "search"],
  baseUrl: "https://gmail.googleapis.com/gmail/v1/users/me",
  auth: [
    oauth2({
      authorizeUrl: "https://accounts.google.com/o/oauth2/v2/auth",
      tokenUrl: "https://oauth2.googleapis.com/token",
      revokeUrl: "https://oauth2.googleapis.com/revoke",
      manageUrl: "https://myaccount.google.com/connections",
      createAppAt: "https://console.cloud.google.com/apis/credentials",
      scopes: [MODIFY],
      wider: { [MODIFY]: [READ, COMPOSE, SEND, LABELS], [COMPOSE]: [SEND] },
      pkce: true,
      // Google gives a refresh token only for offline access, and again only when it has asked again.
      authorizeParameters: { access_type: "offline", prompt: "consent", include_granted_scopes: "true" },
    }),
  ],
  operations,
  verify: {
    operation: "read_profile",
    account: ({ emailAddress }) => ({ id: emailAddress, label: emailAddress }),
  },
  refusals: {
    rateLimitExceeded: { status: 429 },
    userRateLimitExceeded: { status: 429 },
    dailyLimitExceeded: { status: 429, hint: "The day's quota is used up: try again tomorrow." },
    quotaExceeded: { status: 429, hint: "The quota is used up: try again tomorrow." },
    insufficientPermissions: {
      hint: "Ask the owner to reconnect Gmail and to allow everything that Google asks about.",
    },
    accessNotConfigured: {
      hint: "Ask the owner to enable the Gmail API in the Google Cloud project of the OAuth app.",
    },
    notFound: { hint: "Take ids from search_inbox, read_thread, draft_email or list_labels." },
  },
  provides: ["email"],
});
