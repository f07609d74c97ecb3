import * as z from "zod";
import { HubError } from "../errors.ts";
import { readFlow, startFlow } from "../integrations/oauth-flows.ts";
import { action, type ActionContext } from "./action.ts";
import { IntegrationReference, Label, Settings } from "./integration.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const Asked = z.object({
  service: z.string(),
  scopes: z.array(z.string()).max(100).optional().describe("Asked for besides the connector's own"),
  integration: IntegrationReference.optional().describe(
    "The account that is reconnected, or given more scopes: an id (int_…), a service, or service:label",
  ),
  profile: z.string().optional().describe("Granted the account as soon as it is connected"),
  label: Label.optional(),
  base_url: z.string().optional().describe("Where a self-hosted edition of the service is"),
});

const Started = z.object({
  flow: z.string(),
  url: z.string().describe("To be opened in the browser of the account's owner"),
  expires_at: z.string(),
});

interface Start extends z.output<typeof Asked> {
  readonly config?: Record<string, unknown> | undefined;
}

async function begin(asked: Start, context: ActionContext): Promise<z.input<typeof Started>> {
  const { service, scopes, profile, label, base_url, config } = asked;
  const { workspaceId, actor } = context.principal;
  const integration = asked.integration === undefined ? undefined : await reachIntegration(context, asked.integration);
  if (integration && integration.service !== service) {
    throw new HubError(
      "invalid_input",
      `${integration.service}:${integration.label} is not an account of ${service}.`,
      {
        hint: `Name one of ${service}, or none to connect another.`,
      },
    );
  }
  const { id, url, expiresAt } = await startFlow(context, {
    workspaceId,
    actor,
    service,
    ...(scopes && { scopes }),
    ...(integration && { integration }),
    ...(profile !== undefined && { profileId: (await reachProfile(context, profile)).id }),
    ...(label !== undefined && { label }),
    ...(base_url !== undefined && { baseUrl: base_url }),
    ...(config !== undefined && { config }),
  });
  return { flow: id, url, expires_at: expiresAt };
}

export const start = action({
  summary: "Begin to connect an account by OAuth. Its owner opens the link, allows access and confirms.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "POST /integrations/{service}/connect",
  status: 201,
  shownOnce: ["url"],
  positional: ["service"],
  input: Asked.extend({ config: Settings.optional().describe("Settings that are not secret") }),
  output: Started,
  run: begin,
});

export const url = action({
  summary: "Give a link by which an account can be connected by OAuth; each is good once.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "GET /oauth/url",
  positional: ["service"],
  input: Asked,
  output: Started,
  run: begin,
});

export const status = action({
  summary: "Show how far an attempt to connect an account by OAuth has come.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /oauth/status",
  positional: ["service", "flow"],
  input: z.object({ service: z.string(), flow: z.string().describe("From the answer that gave the link") }),
  output: z.object({
    flow: z.string(),
    service: z.string(),
    status: z.enum(["pending", "authorized", "connected", "failed", "expired"]),
    reason: z.string().nullable(),
    account: z.string().nullable(),
    integration: z.string().nullable(),
    expires_at: z.string(),
  }),
  async run({ service, flow }, { store, principal }) {
    const { id, expiresAt, ...state } = await readFlow(store.db, principal.workspaceId, service, flow);
    return { flow: id, ...state, expires_at: expiresAt };
  },
});
