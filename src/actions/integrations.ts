import * as z from "zod";
import { listProfiles } from "../access/profiles.ts";
import { HubError } from "../errors.ts";
import type { ListedOperation } from "../catalog/list-operations.ts";
import { changeIntegration, verifyIntegration } from "../integrations/change.ts";
import { connect as connectAccount } from "../integrations/connect.ts";
import { disconnect as disconnectAccount } from "../integrations/disconnect.ts";
import { pageIntegrations, settingsOf } from "../integrations/integrations.ts";
import { cutPage } from "../store/page.ts";
import { action, type ActionContext } from "./action.ts";
import { Integration, IntegrationReference, Label, Settings, viewIntegration } from "./integration.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachIntegration } from "./reach.ts";

// What can be connected stands beside what is: a command line has one noun for both.
export { available, describe } from "./registry.ts";
export { models } from "./models.ts";
export { status } from "./status.ts";

const Tool = z.object({ tool: z.string(), effect: z.string(), summary: z.string() });

/** Nothing where the connector is gone, which may be while an account is still connected. */
async function toolsOf({ catalog }: ActionContext, service: string): Promise<readonly ListedOperation[]> {
  return catalog.services.includes(service) ? catalog.list(service) : [];
}

function viewTool({ effect, tool }: ListedOperation): z.input<typeof Tool> {
  return { tool: tool.name, effect, summary: tool.description };
}

export const list = action({
  summary: "List the connected accounts, the oldest first.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /integrations",
  columns: ["id", "service", "label", "status", "connected_at"],
  input: z.object({ service: z.string().optional().describe("Only accounts of this service"), ...PageFields }),
  output: pageOf(Integration.extend({ available_tools: z.array(z.string()) })),
  async run({ service, ...asked }, context) {
    const { store, principal } = context;
    const page = await pageIntegrations(store.db, principal.workspaceId, service, asked);
    const data = await Promise.all(
      page.data.map(async (row) => {
        const tools = await toolsOf(context, row.service);
        return { ...viewIntegration(row), available_tools: tools.map(({ tool }) => tool.name) };
      }),
    );
    return { ...page, data };
  },
});

export const inspect = action({
  summary: "Show one connected account and the tools it gives.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /integrations/{integration}",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Integration.extend({ tools: z.array(Tool) }),
  async run({ integration }, context) {
    const row = await reachIntegration(context, integration);
    return { ...viewIntegration(row), tools: (await toolsOf(context, row.service)).map(viewTool) };
  },
});

export const actions = action({
  summary: "List the tools that an account gives, with the input that each takes.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /integrations/{integration}/actions",
  positional: ["integration"],
  columns: ["tool", "effect", "summary"],
  input: z.object({ integration: IntegrationReference, ...PageFields }),
  output: pageOf(Tool.extend({ input: z.record(z.string(), z.unknown()).describe("JSON Schema") })),
  async run({ integration, ...asked }, context) {
    const row = await reachIntegration(context, integration);
    const tools = await toolsOf(context, row.service);
    return cutPage(
      tools.map((listed) => ({ ...viewTool(listed), input: { ...listed.tool.inputSchema } })),
      asked,
      ({ tool }) => tool,
    );
  },
});

export const connect = action({
  summary:
    "Connect an account of a service with credentials, or with the answer to an OAuth flow, after asking the service whose they are.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "POST /integrations",
  status: 201,
  positional: ["service"],
  input: z.object({
    service: z.string(),
    version: z.string().optional().describe("Of the connector, where you rely on one"),
    credentials: z.record(z.string(), z.string()).default({}).describe("By field name, e.g. GITHUB_TOKEN"),
    oauth_code: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .meta({ format: "password" })
      .describe("In the place of credentials: from the address to which the service sent the browser back"),
    oauth_state: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("From the same address; the key that began must bring it"),
    oauth_iss: z.string().min(1).max(512).optional().describe("From the same address, where it is in it"),
    base_url: z
      .string()
      .optional()
      .describe(
        "Where a self-hosted edition of the service is; an account that is connected already stays where it was",
      ),
    label: Label.optional(),
    config: Settings.optional().describe("Settings that are not secret; kept as they were when absent"),
  }),
  output: Integration.extend({ granted_to: z.array(z.string()).describe("Profiles that had asked for it") }),
  async run({ base_url, label, config, version, service, credentials, ...given }, context) {
    const { workspaceId, actor } = context.principal;
    const spec = {
      workspaceId,
      actor,
      service,
      ...(version !== undefined && { version }),
      ...(base_url !== undefined && { baseUrl: base_url }),
      ...(label !== undefined && { label }),
      ...(config !== undefined && { config }),
    };
    const answer = readOauthAnswer(given, credentials);
    const { integration, grantedTo } = answer
      ? await (await import("../integrations/oauth-finish.ts")).finishFlow(context, { ...spec, answer })
      : await connectAccount(context, { ...spec, credentials });
    const profiles = await listProfiles(context.store.db, workspaceId);
    const names = profiles.filter(({ id }) => grantedTo.includes(id)).map(({ name }) => name);
    return { ...viewIntegration(integration), granted_to: names };
  },
});

interface OauthAnswer {
  readonly oauth_code?: string | undefined;
  readonly oauth_state?: string | undefined;
  readonly oauth_iss?: string | undefined;
}

/** What a service answered to an OAuth flow; undefined where an account is connected by credentials. */
function readOauthAnswer({ oauth_code, oauth_state, oauth_iss }: OauthAnswer, credentials: object) {
  if (oauth_code === undefined && oauth_state === undefined && oauth_iss === undefined) return undefined;
  const hint = "Take both from the address to which the service sent the browser back.";
  if (oauth_code === undefined) throw new HubError("invalid_input", "oauth_code is missing.", { hint });
  if (oauth_state === undefined) throw new HubError("invalid_input", "oauth_state is missing.", { hint });
  if (Object.keys(credentials).length > 0) {
    throw new HubError("invalid_input", "An account is connected by credentials or by oauth_code, not by both.", {
      hint: "Leave one of them out.",
    });
  }
  return { code: oauth_code, state: oauth_state, ...(oauth_iss !== undefined && { iss: oauth_iss }) };
}

const Changed = Settings.describe("The settings that change; null takes one away");

export const change = action({
  summary: "Change an account's label or settings.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PATCH /integrations/{integration}",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference, label: Label.optional(), config: Changed.optional() }),
  output: Integration,
  async run({ integration, label, config }, context) {
    const row = await reachIntegration(context, integration);
    const changes = { ...(label !== undefined && { label }), ...(config !== undefined && { config }) };
    return viewIntegration(await changeIntegration(context, context.principal.actor, row, changes));
  },
});

export const config = action({
  summary: "Show an account's settings.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /integrations/{integration}/config",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Settings,
  run: async ({ integration }, context) => settingsOf(await reachIntegration(context, integration)),
});

export const configure = action({
  summary: "Change an account's settings.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PATCH /integrations/{integration}/config",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference, config: Changed }),
  output: Settings,
  async run(input, context) {
    const row = await reachIntegration(context, input.integration);
    return settingsOf(await changeIntegration(context, context.principal.actor, row, { config: input.config }));
  },
});

export const verify = action({
  summary: "Ask the service whether an account's credentials are still good, and keep the answer as its status.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "POST /integrations/{integration}/verify",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Integration,
  async run({ integration }, context) {
    const row = await reachIntegration(context, integration);
    return viewIntegration(await verifyIntegration(context, context.principal.actor, row));
  },
});

export const disconnect = action({
  summary: "Disconnect an account: revoke its access at the service, delete its credentials and end its grants.",
  effect: "destructive",
  scope: "integrations:write",
  who: "owner",
  route: "DELETE /integrations/{integration}",
  status: 204,
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Integration.pick({ id: true, service: true, label: true }).extend({
    revoked: z.boolean().describe("Whether the service has taken back what it had given"),
    by_hand: z.string().nullable().describe("What is left to do at the service, and where"),
  }),
  async run({ integration }, context) {
    const row = await reachIntegration(context, integration);
    const { isRevoked, byHand } = await disconnectAccount(context, context.principal.actor, row);
    return { ...row, revoked: isRevoked, by_hand: byHand ?? null };
  },
});
