import * as z from "zod";
import { deleteGrant, type Granted, readPolicy, type RevisePolicy, setGrant } from "../access/grants.ts";
import { checkPolicy, Policy } from "../access/policy.ts";
import { cutPage } from "../store/page.ts";
import type { ProfileRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";
import { IntegrationReference } from "./integration.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const ProfileReference = z.string().describe("An id (prof_…) or a name");

const Grant = z
  .object({
    profile: z.string(),
    integration: z.string(),
    service: z.string(),
    label: z.string(),
    enabled: z.boolean().describe("The owner's switch"),
    paused: z.boolean().describe("Whether the agent switched it off for itself"),
    policy: Policy,
  })
  .meta({ id: "Grant" });

function view(
  { name }: ProfileRow,
  { integration, enabled, paused, policy }: Omit<Granted, "variables">,
): z.input<typeof Grant> {
  const { id, service, label } = integration;
  return { profile: name, integration: id, service, label, enabled, paused, policy };
}

const Lists = {
  allow: Policy.shape.allow.describe(
    "Operations that run at once, e.g. create_issue or list_*, and calls of the proxy, e.g. GET /repos/*; others are hidden",
  ),
  ask: Policy.shape.ask.describe("Operations that wait for approval"),
  deny: Policy.shape.deny.describe("Operations that are refused"),
  unasked: Policy.shape.unasked.describe(
    "Operations that no longer ask, though they would; a new list of what asks ends it",
  ),
  ask_whom: Policy.shape.ask_whom.describe(
    "Who decides about what asks: the owner, or with user whoever sits at the agent's client, if it can be asked",
  ),
};

export const set = action({
  summary:
    "Give a profile an integration, or change how it has it; what is not named stays. With --allow it may call only the operations named.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "PATCH /profiles/{profile}/grants/{integration}",
  positional: ["profile", "integration"],
  switches: { enabled: ["on", "off"] },
  input: z.object({
    profile: ProfileReference,
    integration: IntegrationReference,
    enabled: z.boolean().optional().describe("Whether the grant is on; a new one is"),
    ...Lists,
  }),
  output: Grant,
  run({ profile, integration, enabled, ...named }, context) {
    const lists = onlyGiven(named);
    return put(context, profile, integration, {
      lists,
      revise({ unasked = [], ...old }) {
        return { ...old, ...(unasked.length > 0 && !lists.ask && { unasked }), ...lists };
      },
      ...(enabled !== undefined && { enabled }),
    });
  },
});

export const replace = action({
  summary: "Give a profile an integration exactly so: on unless said, and without the lists that are not named.",
  effect: "write",
  scope: "profiles:write",
  who: "owner",
  route: "PUT /profiles/{profile}/grants/{integration}",
  positional: ["profile", "integration"],
  switches: { enabled: ["on", "off"] },
  input: z.object({
    profile: ProfileReference,
    integration: IntegrationReference,
    enabled: z.boolean().default(true).describe("Whether the grant is on"),
    ...Lists,
  }),
  output: Grant,
  run({ profile, integration, enabled, ...named }, context) {
    const lists = onlyGiven(named);
    return put(context, profile, integration, { lists, revise: () => lists, enabled });
  },
});

function onlyGiven(lists: { readonly [Name in keyof Policy]: Policy[Name] | undefined }): Policy {
  return Policy.parse(Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined)));
}

interface Change {
  /** What was named, and is checked. */
  readonly lists: Policy;
  /** Makes the policy from the one that stands. */
  readonly revise: RevisePolicy;
  readonly enabled?: boolean;
}

async function put(
  context: ActionContext,
  profile: string,
  integration: string,
  { lists, revise, enabled }: Change,
): Promise<z.input<typeof Grant>> {
  const { workspaceId, actor } = context.principal;
  const owner = await reachProfile(context, profile);
  const row = await reachIntegration(context, integration);
  const { operations } = await context.catalog.connector(row.service);
  checkPolicy(lists, row.service, Object.keys(operations));
  const grant = await setGrant(context, actor, {
    workspaceId,
    profileId: owner.id,
    integrationId: row.id,
    policy: revise,
    ...(enabled !== undefined && { enabled }),
  });
  const policy = readPolicy(grant.policy);
  return view(owner, { integration: row, enabled: grant.enabled === 1, paused: grant.paused === 1, policy });
}

export const list = action({
  summary: "List what a profile was granted.",
  effect: "read",
  scope: "profiles:read",
  who: "anyone",
  route: "GET /profiles/{profile}/grants",
  positional: ["profile"],
  columns: ["service", "label", "enabled", "paused", "policy", "integration"],
  input: z.object({ profile: ProfileReference, ...PageFields }),
  output: pageOf(Grant),
  async run({ profile, ...asked }, context) {
    const owner = await reachProfile(context, profile);
    const { grants } = await context.calls.holdingsOf(owner.id);
    return cutPage(
      grants.map((granted) => view(owner, granted)),
      asked,
      ({ integration }) => integration,
    );
  },
});

const remove = action({
  summary: "Take an integration from a profile.",
  effect: "destructive",
  scope: "profiles:write",
  who: "owner",
  route: "DELETE /profiles/{profile}/grants/{integration}",
  status: 204,
  positional: ["profile", "integration"],
  input: z.object({ profile: ProfileReference, integration: IntegrationReference }),
  output: z.object({ profile: z.string(), integration: z.string() }),
  async run({ profile, integration }, context) {
    const { workspaceId, actor } = context.principal;
    const owner = await reachProfile(context, profile);
    const row = await reachIntegration(context, integration);
    await deleteGrant(context, actor, { workspaceId, profileId: owner.id, integrationId: row.id });
    return { profile: owner.name, integration: row.id };
  },
});
export { remove as delete };
