import * as z from "zod";
import { allowVariables, denyVariables } from "../access/env-variables.ts";
import type { GrantKey } from "../access/grants.ts";
import { lendVariables } from "../call/lend-variables.ts";
import { HubError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { IntegrationReference } from "./integration.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const ProfileReference = z.string().describe("An id (prof_…) or a name");
const Variables = z.array(z.string()).max(50).describe("Names of environment variables, e.g. GITHUB_TOKEN");

const Variable = z
  .object({
    variable: z.string(),
    service: z.string(),
    label: z.string(),
    integration: z.string(),
    allowed: z.boolean().describe("Whether child processes are given it"),
  })
  .meta({ id: "Variable" });

export const list = action({
  summary: "List the environment variables that a profile's integrations offer, and which of them child processes get.",
  effect: "read",
  scope: "profiles:read",
  who: "anyone",
  route: "GET /profiles/{profile}/env",
  positional: ["profile"],
  columns: ["variable", "service", "label", "allowed"],
  input: z.object({ profile: ProfileReference }),
  output: z.array(Variable),
  run: async ({ profile }, context) => listVariables(context, (await reachProfile(context, profile)).id),
});

async function listVariables({ calls, catalog }: ActionContext, profileId: string, integrationId?: string) {
  const { grants } = await calls.holdingsOf(profileId);
  const asked = grants.filter(({ integration }) => integrationId === undefined || integration.id === integrationId);
  const rows = asked.map(async ({ integration: { id, service, label }, variables }) => {
    const { agentEnvVars = {} } = await catalog.connector(service);
    return Object.keys(agentEnvVars).map((variable) => {
      return { variable, service, label, integration: id, allowed: variables.includes(variable) };
    });
  });
  return (await Promise.all(rows)).flat();
}

export const allow = action({
  summary: "Let an integration's credential out of the hub, into environment variables of a profile's child processes.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "POST /profiles/{profile}/grants/{integration}/env",
  positional: ["profile", "integration", "variables"],
  columns: ["variable", "service", "label", "allowed"],
  input: z.object({ profile: ProfileReference, integration: IntegrationReference, variables: Variables.min(1) }),
  output: z.array(Variable),
  async run({ profile, integration, variables }, context) {
    const { grant, row } = await findGrant(context, profile, integration);
    await checkVariables(context, row, variables);
    await allowVariables(context, context.principal.actor, grant, variables);
    return listVariables(context, grant.profileId, row.id);
  },
});

export const deny = action({
  summary: "Keep an integration's credential in the hub again; all its variables unless some are named.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "DELETE /profiles/{profile}/grants/{integration}/env",
  positional: ["profile", "integration", "variables"],
  columns: ["variable", "service", "label", "allowed"],
  input: z.object({
    profile: ProfileReference,
    integration: IntegrationReference,
    variables: Variables.min(1).optional(),
  }),
  output: z.array(Variable),
  async run({ profile, integration, variables }, context) {
    const { grant, row } = await findGrant(context, profile, integration);
    if (variables) await checkVariables(context, row, variables);
    await denyVariables(context, context.principal.actor, grant, variables);
    return listVariables(context, grant.profileId, row.id);
  },
});

export const values = action({
  summary: "Give the values of the environment variables that a profile was allowed. Each time is on record.",
  effect: "read",
  scope: "credentials:read",
  who: "anyone",
  route: "GET /profiles/{profile}/env/values",
  positional: ["profile"],
  input: z.object({
    profile: ProfileReference,
    purpose: z.string().min(1).max(100).default("api").describe("What they are for; it goes on record"),
  }),
  output: z.record(z.string(), z.string()),
  async run({ profile, purpose }, context) {
    const { id } = await reachProfile(context, profile);
    return lendVariables(context, await context.calls.holdingsOf(id), context.principal.actor, purpose);
  },
});

async function findGrant(
  context: ActionContext,
  profile: string,
  integration: string,
): Promise<{ grant: GrantKey; row: IntegrationRow }> {
  const { workspaceId } = context.principal;
  const { id: profileId } = await reachProfile(context, profile);
  const row = await reachIntegration(context, integration);
  return { grant: { workspaceId, profileId, integrationId: row.id }, row };
}

async function checkVariables(
  { catalog }: ActionContext,
  row: IntegrationRow,
  names: readonly string[],
): Promise<void> {
  const { name, agentEnvVars = {} } = await catalog.connector(row.service);
  const offered = Object.keys(agentEnvVars);
  const unknown = names.find((variable) => !offered.includes(variable));
  if (unknown === undefined) return;
  throw new HubError("invalid_input", `${name} offers no variable ${unknown}.`, {
    hint: offered.length > 0 ? `It offers ${nearest(unknown, offered).join(", ")}.` : "It offers none.",
  });
}
