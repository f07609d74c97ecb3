import { findProfile } from "../access/profiles.ts";
import type { Caller } from "../call/open-calls.ts";
import { HubError } from "../errors.ts";
import { listIntegrations, pickIntegration } from "../integrations/integrations.ts";
import type { IntegrationRow, ProfileRow } from "../store/tables.ts";
import type { ActionContext } from "./action.ts";

/** The profile that is meant. To a profile's key there is no profile but its own. */
export async function reachProfile({ store, calls, principal }: ActionContext, meant: string): Promise<ProfileRow> {
  if (principal.profileId === null) return findProfile(store.db, principal.workspaceId, meant);
  const { profile } = await calls.holdingsOf(principal.profileId);
  if (meant === profile.id || meant === profile.name) return profile;
  throw new HubError("not_found", `There is no profile named ${meant}.`, {
    hint: `This is the key of ${profile.name}.`,
  });
}

/** To a profile's key there are no integrations but those it was granted. */
export async function reachableIntegrations({ store, calls, principal }: ActionContext): Promise<IntegrationRow[]> {
  if (principal.profileId === null) return listIntegrations(store.db, principal.workspaceId);
  const { grants } = await calls.holdingsOf(principal.profileId);
  return grants.map(({ integration }) => integration);
}

/** The integration that is meant, as far as it can be reached. */
export async function reachIntegration(context: ActionContext, meant: string): Promise<IntegrationRow> {
  return pickIntegration(await reachableIntegrations(context), meant);
}

/** A profile's key acts as that profile; an owner says as which. */
export async function callerOf(context: ActionContext, profile: string | undefined): Promise<Caller> {
  const { principal } = context;
  const meant = profile ?? principal.profileId;
  if (meant !== null) return { ...principal, profileId: (await reachProfile(context, meant)).id };
  throw new HubError("invalid_input", "An owner does not act without a profile.", {
    hint: "Name one: --profile NAME, or the field profile.",
  });
}
