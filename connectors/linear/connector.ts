import { apiKey, defineConnector, oauth2 } from "#connector";
import { inbound } from "./events.ts";
import * as operations from "./operations.ts";

export default defineConnector({
  id: "linear",
  name: "Linear",
  version: "1.0.0",
  category: "project tracking",
  capabilities: ["issues", "project_tracking", "search"],
  baseUrl: "https://api.linear.app",
  auth: [
    apiKey({
      label: "Personal API key",
      env: "LINEAR_API_KEY",
      header: "authorization",
      pattern: /^lin_api_\w+$/,
      patternHint: "starts with lin_api_",
      createAt: "https://linear.app/settings/account/security",
      more: [{ label: "Webhook signing secret", env: "LINEAR_WEBHOOK_SECRET", pattern: /^\w+$/, optional: true }],
    }),
    oauth2({
      authorizeUrl: "https://linear.app/oauth/authorize",
      tokenUrl: "https://api.linear.app/oauth/token",
      revokeUrl: "https://api.linear.app/oauth/revoke",
      manageUrl: "https://linear.app/settings/account/security",
      createAppAt: "https://linear.app/settings/api/applications/new",
      scopes: ["read", "write"],
      scopeSeparator: ",",
      pkce: true,
    }),
  ],
  operations,
  inbound,
  verify: {
    operation: "read_viewer",
    // A user belongs to one workspace, so the same person has another id in the next.
    account: ({ viewer, organization }) => ({
      id: viewer.id,
      label: `${organization?.name ?? "Linear"} (${viewer.email ?? viewer.name ?? viewer.id})`,
    }),
  },
  // Linear answers these with status 400, or 200: https://linear.app/developers/rate-limiting.
  refusals: {
    AUTHENTICATION_ERROR: { status: 401 },
    RATELIMITED: { status: 429 },
    FORBIDDEN: { status: 403, hint: "Ask the owner: the account may not do this, or the credential lacks the scope." },
    INPUT_ERROR: { hint: "Check the ids: list_teams, list_states, list_users and list_projects tell them." },
  },
  agentEnvVars: { LINEAR_API_KEY: "LINEAR_API_KEY" },
  provides: ["issues"],
});
