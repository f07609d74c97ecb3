import * as z from "zod";
import { deleteGrant, setGrant } from "../access/grants.ts";
import { checkPolicy, Policy } from "../access/policy.ts";
import { findProfile } from "../access/profiles.ts";
import { HubError } from "../errors.ts";
import { findIntegration } from "../integrations/integrations.ts";
import { action } from "./action.ts";

const Reference = z.string().describe("An id (int_…), a service, or service:label");

const Grant = z.object({
  profile: z.string(),
  integration: z.string(),
  service: z.string(),
  label: z.string(),
  enabled: z.boolean().describe("The owner's switch"),
  paused: z.boolean().describe("Whether the agent switched it off for itself"),
  policy: Policy,
});

export const set = action({
  summary:
    "Give a profile an integration, or change how it has it. With --allow it may call only the operations named.",
  effect: "write",
  scope: "profiles:write",
  positional: ["profile", "integration"],
  input: z.object({
    profile: z.string(),
    integration: Reference,
    on: z.boolean().optional().describe("Switch the grant on"),
    off: z.boolean().optional().describe("Switch the grant off"),
    allow: Policy.shape.allow.describe("Operations that run at once, e.g. create_issue or list_*; others are hidden"),
    ask: Policy.shape.ask.describe("Operations that wait for approval"),
    deny: Policy.shape.deny.describe("Operations that are refused"),
  }),
  output: Grant,
  async run({ profile, integration, on, off, ...lists }, context) {
    if (on && off) throw new HubError("invalid_input", "A grant can't be switched on and off at once.");
    const { store, catalog, principal } = context;
    const owner = await findProfile(store.db, principal.workspaceId, profile);
    const row = await findIntegration(store.db, principal.workspaceId, integration);
    const policy = Policy.parse(Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined)));
    const { operations } = await catalog.connector(row.service);
    checkPolicy(policy, row.service, Object.keys(operations));

    const grant = await setGrant(context, principal.actor, {
      workspaceId: principal.workspaceId,
      profileId: owner.id,
      integrationId: row.id,
      ...((on || off) && { enabled: on === true }),
      ...(Object.keys(policy).length > 0 && { policy }),
    });
    return {
      profile: owner.name,
      integration: row.id,
      service: row.service,
      label: row.label,
      enabled: grant.enabled === 1,
      paused: grant.paused === 1,
      policy: Policy.parse(JSON.parse(grant.policy)),
    };
  },
});

export const list = action({
  summary: "List what a profile was granted.",
  effect: "read",
  scope: "profiles:read",
  positional: ["profile"],
  columns: ["service", "label", "enabled", "paused", "policy", "integration"],
  input: z.object({ profile: z.string() }),
  output: z.array(Grant),
  async run({ profile }, { store, calls, principal }) {
    const { id, name } = await findProfile(store.db, principal.workspaceId, profile);
    const { grants } = await calls.holdingsOf(id);
    return grants.map(({ integration, enabled, paused, policy }) => ({
      profile: name,
      integration: integration.id,
      service: integration.service,
      label: integration.label,
      enabled,
      paused,
      policy,
    }));
  },
});

const remove = action({
  summary: "Take an integration from a profile.",
  effect: "destructive",
  scope: "profiles:write",
  positional: ["profile", "integration"],
  input: z.object({ profile: z.string(), integration: Reference }),
  output: z.object({ profile: z.string(), integration: z.string() }),
  async run({ profile, integration }, context) {
    const { workspaceId, actor } = context.principal;
    const owner = await findProfile(context.store.db, workspaceId, profile);
    const row = await findIntegration(context.store.db, workspaceId, integration);
    await deleteGrant(context, actor, { workspaceId, profileId: owner.id, integrationId: row.id });
    return { profile: owner.name, integration: row.id };
  },
});
export { remove as delete };
