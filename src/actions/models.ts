import * as z from "zod";
import type { Granted } from "../access/grants.ts";
import { decide } from "../access/policy.ts";
import { parseInput } from "../call/parse-input.ts";
import { checkOn, isOn } from "../call/surface.ts";
import { HubError } from "../errors.ts";
import { pickIntegration } from "../integrations/integrations.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { IntegrationReference, Simulated } from "./integration.ts";
import { reachIntegration } from "./reach.ts";

const Models = z
  .object({
    integration: z.string(),
    service: z.string(),
    label: z.string(),
    simulated: Simulated,
    models: z.array(z.object({ id: z.string(), name: z.string().optional(), context_tokens: z.number().optional() })),
  })
  .meta({ id: "Models" });

export const models = action({
  summary: "List the language models that a connected account offers.",
  effect: "read",
  scope: "integrations:read",
  who: "anyone",
  route: "GET /integrations/{integration}/models",
  positional: ["integration"],
  input: z.object({ integration: IntegrationReference }),
  output: Models,
  run: async ({ integration }, context) => readModels(context, await reachIntegration(context, integration)),
});

/** Those of all accounts that a profile was granted and that are on, or of the one that it names. */
export async function listGrantedModels(context: ActionContext, profileId: string, meant?: string) {
  const { grants } = await context.calls.holdingsOf(profileId);
  const rows = grants.map(({ integration }) => integration);
  if (meant !== undefined) return [await readModels(context, pickIntegration(rows, meant))];
  const offering = await Promise.all(
    grants.filter(isOn).map(async ({ integration }) => {
      const { models: offered } = await context.catalog.connector(integration.service);
      return offered ? [integration] : [];
    }),
  );
  return Promise.all(offering.flat().map((row) => readModels(context, row)));
}

/** Asks the service by the operation that its connector names, which a profile's grant must cover like any other call. */
async function readModels(context: ActionContext, row: IntegrationRow): Promise<z.input<typeof Models>> {
  const { catalog, calls, principal, signal } = context;
  const connector = await catalog.connector(row.service);
  if (!connector.models) {
    throw new HubError("not_found", `${connector.name} offers no language models.`, {
      hint: "Ask for those of a service that does.",
    });
  }
  const { operation: name, show } = connector.models;
  const { effect, input } = await catalog.operation(row.service, name);
  const { profileId } = principal;
  if (profileId !== null) {
    const { profile, grants } = await calls.holdingsOf(profileId);
    const held = grants.filter(({ integration }) => integration.id === row.id);
    checkOn(profile.name, row.service, held);
    for (const granted of held) checkCovered(granted, profile.name, name, effect);
  }
  const { data, ...mark } = await calls.perform({
    actor: principal.actor,
    ...(profileId !== null && { profileId }),
    integration: row,
    connector,
    operation: name,
    input: parseInput(`${row.service}.${name}`, input, {}),
    signal,
  });
  return {
    integration: row.id,
    service: row.service,
    label: row.label,
    ...mark,
    models: show(data).map(({ id, name: shown, contextTokens }) => ({
      id,
      ...(shown !== undefined && { name: shown }),
      ...(contextTokens !== undefined && { context_tokens: contextTokens }),
    })),
  };
}

function checkCovered(granted: Granted, profile: string, name: string, effect: "read" | "write" | "destructive"): void {
  if (decide(granted.policy, name, effect) === "allow") return;
  throw new HubError(
    "not_granted",
    `The profile ${profile} may not run ${granted.integration.service}.${name} unasked.`,
    {
      hint: "Ask the owner to allow this operation.",
    },
  );
}
