import * as z from "zod";
import { modeOf } from "../access/workspaces.ts";
import type { Connector } from "../connector/connector.ts";
import { serviceIn } from "../egress/sandbox.ts";
import { credentialFields } from "../integrations/credentials.ts";
import { cutPage } from "../store/page.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachableIntegrations } from "./reach.ts";

const JsonSchema = z.record(z.string(), z.unknown()).describe("JSON Schema");

const Service = z
  .object({
    service: z.string(),
    name: z.string(),
    version: z.string().describe("Of Patchbay's connector"),
    category: z.string(),
    capabilities: z.array(z.string()),
    auth: z.array(z.string()).describe("Ways to authenticate, e.g. api_key or oauth2"),
    sandbox: z.boolean().describe("Whether it has one, where calls of the test world go; else they are simulated"),
    agent_env_vars: z.record(z.string(), z.string()).describe("By variable, the credential it can hold for an agent"),
    layers: z.array(z.object({ name: z.string(), dockerfile: z.array(z.string()) })),
    depends_on: z.array(z.string()).describe("Services or abilities that must be connected first"),
    provides: z.array(z.string()).describe("Abilities by which others depend on it or conflict with it"),
    conflicts: z.array(z.string()).describe("Services or abilities that can't be connected beside it"),
    connected: z.number().describe("How many of its accounts are connected"),
  })
  .meta({ id: "Service" });

const Described = Service.extend({
  credentials: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      required: z.boolean(),
      pattern_hint: z.string().nullable().describe("What it looks like"),
      create_at: z.string().nullable().describe("Where its owner makes one"),
    }),
  ),
  config: JsonSchema.describe("JSON Schema of its settings"),
  operations: z.array(
    z.object({
      operation: z.string(),
      tool: z.string(),
      effect: z.string().describe("read, write or destructive"),
      summary: z.string(),
      input: JsonSchema,
    }),
  ),
}).meta({ id: "ServiceDescription" });

export const available = action({
  summary: "List the services that can be connected.",
  effect: "read",
  scope: "integrations:read",
  who: "anyone",
  route: "GET /registry",
  columns: ["service", "name", "category", "capabilities", "connected"],
  input: z.object(PageFields),
  output: pageOf(Service),
  async run(asked, context) {
    const { catalog } = context;
    const rows = await reachableIntegrations(context);
    const connectors = await Promise.all(catalog.services.map((service) => catalog.connector(service)));
    return cutPage(
      connectors.map((connector) => viewService(connector, rows)),
      asked,
      ({ service }) => service,
    );
  },
});

function viewService(connector: Connector, rows: readonly IntegrationRow[]): z.input<typeof Service> {
  const { id, name, version, category, capabilities, auth, sandbox, agentEnvVars = {}, layers = [] } = connector;
  return {
    service: id,
    name,
    version,
    category,
    capabilities: [...capabilities],
    auth: auth.map(({ kind }) => kind),
    sandbox: sandbox !== undefined,
    agent_env_vars: { ...agentEnvVars },
    layers: layers.map((layer) => ({ name: layer.name, dockerfile: [...layer.dockerfile] })),
    depends_on: [...(connector.dependsOn ?? [])],
    provides: [...(connector.provides ?? [])],
    conflicts: [...(connector.conflicts ?? [])],
    connected: rows.filter(({ service }) => service === id).length,
  };
}

export const describe = action({
  summary: "Show what a service needs to be connected, and what it can do.",
  effect: "read",
  scope: "integrations:read",
  who: "anyone",
  route: "GET /registry/{service}",
  positional: ["service"],
  input: z.object({ service: z.string() }),
  output: Described,
  async run({ service }, context) {
    const { store, catalog, principal } = context;
    const connector = await catalog.connector(service);
    const reached = serviceIn({ mode: await modeOf(store, principal.workspaceId) }, connector);
    const { config = z.object({}) } = connector;
    return {
      ...viewService(connector, await reachableIntegrations(context)),
      credentials: credentialFields(reached ?? connector).map(({ env, label, optional, patternHint, createAt }) => ({
        name: env,
        label,
        required: reached !== undefined && optional !== true,
        pattern_hint: patternHint ?? null,
        create_at: createAt ?? null,
      })),
      config: { ...z.toJSONSchema(config, { io: "input", unrepresentable: "any" }) },
      operations: (await catalog.list(service)).map(({ name, effect, tool }) => ({
        operation: name,
        tool: tool.name,
        effect,
        summary: tool.description,
        input: tool.inputSchema,
      })),
    };
  },
});
