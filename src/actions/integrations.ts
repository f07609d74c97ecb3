import * as z from "zod";
import { listProfiles } from "../access/profiles.ts";
import { toolName } from "../catalog/tool-names.ts";
import { connect as connectAccount } from "../integrations/connect.ts";
import { credentialFields } from "../integrations/credentials.ts";
import { disconnect as disconnectAccount } from "../integrations/disconnect.ts";
import { findIntegration, listIntegrations } from "../integrations/integrations.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action } from "./action.ts";

const Reference = z.string().describe("An id (int_…), a service, or service:label");

const Integration = z.object({
  id: z.string(),
  service: z.string(),
  label: z.string(),
  status: z.enum(["pending", "configured", "active", "error", "disconnected"]),
  status_reason: z.string().nullable(),
  account_id: z.string().nullable(),
  base_url: z.string().nullable(),
  config: z.record(z.string(), z.unknown()),
  connected_at: z.string().nullable(),
});

const Service = z.object({
  service: z.string(),
  name: z.string(),
  version: z.string(),
  category: z.string(),
  capabilities: z.array(z.string()),
  auth: z.array(z.string()),
  connected: z.number().describe("How many of its accounts are connected"),
});

const Inspected = Integration.extend({
  tools: z.array(z.object({ tool: z.string(), effect: z.string(), summary: z.string() })),
});

function view(row: IntegrationRow): z.input<typeof Integration> {
  return { ...row, config: JSON.parse(row.config) as Record<string, unknown> };
}

export const list = action({
  summary: "List the connected accounts.",
  effect: "read",
  scope: "integrations:read",
  columns: ["id", "service", "label", "status", "connected_at"],
  input: z.object({ service: z.string().optional().describe("Only accounts of this service") }),
  output: z.array(Integration),
  run: async ({ service }, { store, principal }) =>
    (await listIntegrations(store.db, principal.workspaceId, service)).map(view),
});

export const available = action({
  summary: "List the services that can be connected.",
  effect: "read",
  scope: "integrations:read",
  columns: ["service", "name", "category", "capabilities", "connected"],
  input: z.object({}),
  output: z.array(Service),
  async run(_, { store, catalog, principal }) {
    const rows = await listIntegrations(store.db, principal.workspaceId);
    const connectors = await Promise.all(catalog.services.map((service) => catalog.connector(service)));
    return connectors.map(({ id, name, version, category, capabilities, auth }) => ({
      service: id,
      name,
      version,
      category,
      capabilities: [...capabilities],
      auth: auth.map(({ kind }) => kind),
      connected: rows.filter((row) => row.service === id).length,
    }));
  },
});

export const inspect = action({
  summary: "Show one connected account and the tools it gives.",
  effect: "read",
  scope: "integrations:read",
  positional: ["integration"],
  input: z.object({ integration: Reference }),
  output: Inspected,
  async run({ integration }, { store, catalog, principal }) {
    const row = await findIntegration(store.db, principal.workspaceId, integration);
    const { operations } = await catalog.connector(row.service);
    const tools = Object.entries(operations).map(([name, { effect, summary }]) => ({
      tool: toolName(row.service, name),
      effect,
      summary,
    }));
    return { ...view(row), tools };
  },
});

export const status = action({
  summary: "Show the state of one account and who may use it.",
  effect: "read",
  scope: "integrations:read",
  positional: ["integration"],
  input: z.object({ integration: Reference }),
  output: Integration.pick({ id: true, service: true, label: true, status: true, status_reason: true }).extend({
    profiles: z.array(z.object({ profile: z.string(), enabled: z.boolean() })),
  }),
  async run({ integration }, { store, principal }) {
    const row = await findIntegration(store.db, principal.workspaceId, integration);
    const grants = await store.db
      .selectFrom("grants")
      .innerJoin("profiles", "profiles.id", "grants.profile_id")
      .select(["profiles.name", "grants.enabled", "grants.paused"])
      .where("grants.integration_id", "=", row.id)
      .where("grants.workspace_id", "=", principal.workspaceId)
      .orderBy("profiles.name")
      .execute();
    const profiles = grants.map(({ name, enabled, paused }) => ({
      profile: name,
      enabled: enabled === 1 && paused === 0,
    }));
    return { ...row, profiles };
  },
});

export const connect = action({
  summary: "Connect an account of a service with credentials, after asking the service whose they are.",
  effect: "write",
  scope: "integrations:write",
  positional: ["service"],
  input: z.object({
    service: z.string(),
    credentials: z.record(z.string(), z.string()).default({}).describe("By field name, e.g. GITHUB_TOKEN"),
    base_url: z.string().optional().describe("Where a self-hosted edition of the service is"),
    label: z.string().min(1).max(60).optional().describe("Tells this account from others of the service"),
    config: z.record(z.string(), z.unknown()).optional().describe("Settings that are not secret"),
  }),
  output: Integration.extend({ granted_to: z.array(z.string()).describe("Profiles that had asked for it") }),
  async run({ base_url, label, config, ...spec }, context) {
    const { workspaceId, actor } = context.principal;
    const { integration, grantedTo } = await connectAccount(context, {
      ...spec,
      workspaceId,
      actor,
      ...(base_url !== undefined && { baseUrl: base_url }),
      ...(label !== undefined && { label }),
      ...(config !== undefined && { config }),
    });
    const profiles = await listProfiles(context.store.db, workspaceId);
    const names = profiles.filter(({ id }) => grantedTo.includes(id)).map(({ name }) => name);
    return { ...view(integration), granted_to: names };
  },
});

export const disconnect = action({
  summary: "Disconnect an account: delete its credentials and end its grants.",
  effect: "destructive",
  scope: "integrations:write",
  positional: ["integration"],
  input: z.object({ integration: Reference }),
  output: Integration.pick({ id: true, service: true, label: true }),
  async run({ integration }, context) {
    const row = await findIntegration(context.store.db, context.principal.workspaceId, integration);
    await disconnectAccount(context, context.principal.actor, row);
    return row;
  },
});

export const fields = action({
  summary: "Show what a service needs to be connected.",
  effect: "read",
  scope: "integrations:read",
  positional: ["service"],
  input: z.object({ service: z.string() }),
  output: z.object({
    service: z.string(),
    name: z.string(),
    credentials: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        required: z.boolean(),
        create_at: z.string().nullable(),
      }),
    ),
    config: z.array(z.string()),
  }),
  async run({ service }, { catalog }) {
    const connector = await catalog.connector(service);
    return {
      service,
      name: connector.name,
      credentials: credentialFields(connector).map(({ env, label, optional, createAt }) => ({
        name: env,
        label,
        required: optional !== true,
        create_at: createAt ?? null,
      })),
      config: Object.keys(connector.config?.shape ?? {}),
    };
  },
});
