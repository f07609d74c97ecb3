import { apiKey, defineConnector, oauth2 } from "#connector";
import { inbound } from "./events.ts";
import { readFailure } from "./failure.ts";
import * as operations from "./operations.ts";

export default defineConnector({
  id: "github",
  name: "GitHub",
  version: "1.0.0",
  category: "developer",
  capabilities: ["code", "issues", "pull_requests", "ci"],
  baseUrl: "https://api.github.com",
  // Octokit names no version of its own accord, and the newest one has other shapes.
  headers: { "x-github-api-version": "2022-11-28" },
  auth: [
    apiKey({
      label: "Personal access token",
      env: "GITHUB_TOKEN",
      header: "authorization",
      prefix: "Bearer ",
      pattern: /^(github_pat_|gh[pous]_)[\w.-]+$/,
      patternHint: "starts with github_pat_ or ghp_",
      createAt: "https://github.com/settings/personal-access-tokens/new",
      more: [{ label: "Webhook secret", env: "GITHUB_WEBHOOK_SECRET", pattern: /^\S+$/, optional: true }],
    }),
    oauth2({
      authorizeUrl: "https://github.com/login/oauth/authorize",
      tokenUrl: "https://github.com/login/oauth/access_token",
      revokeUrl: "https://api.github.com/applications/{client_id}/grant",
      revokeBy: "delete_grant",
      manageUrl: "https://github.com/settings/applications",
      createAppAt: "https://github.com/settings/developers",
      scopes: ["repo", "read:user", "user:email", "workflow"],
      // https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#normalized-scopes
      wider: {
        repo: ["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"],
        user: ["read:user", "user:email", "user:follow"],
        "admin:org": ["write:org", "read:org", "manage_runners:org"],
        "write:org": ["read:org"],
        project: ["read:project"],
      },
      pkce: true,
    }),
  ],
  operations,
  inbound,
  verify: {
    operation: "read_viewer",
    account: (viewer) => ({ id: String(viewer.id), label: viewer.login }),
    // An app's installation is no user, and GitHub refuses to say which one it is.
    accountOfRefusal: ({ serviceWords }) =>
      serviceWords?.startsWith("Resource not accessible by integration")
        ? { label: "GitHub App installation" }
        : undefined,
  },
  failure: readFailure,
  agentEnvVars: { GITHUB_TOKEN: "GITHUB_TOKEN", GH_TOKEN: "GITHUB_TOKEN" },
  layers: [
    {
      name: "GitHub CLI",
      dockerfile: [
        "RUN apt-get update && apt-get install -y --no-install-recommends gh git && rm -rf /var/lib/apt/lists/*",
      ],
    },
  ],
  provides: ["issues", "code"],
});
