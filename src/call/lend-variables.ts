import type { Holdings } from "../access/grants.ts";
import type { Audit } from "../audit/open-audit.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import type { Credentials } from "../integrations/credentials.ts";
import type { OpenCredentials } from "../integrations/open-credentials.ts";
import { isOn } from "./surface.ts";

interface LendParts {
  readonly audit: Audit;
  readonly catalog: Catalog;
  readonly credentialsOf: OpenCredentials["credentialsOf"];
}

/**
 * The credentials that an owner lets out of the hub for a profile, by the names of environment variables.
 *
 * Only what was allowed variable by variable, and of grants that are on. It is on record, with what it is for, before
 * any credential is opened.
 */
export async function lendVariables(
  parts: LendParts,
  { profile, grants }: Holdings,
  actor: string,
  purpose: string,
): Promise<Record<string, string>> {
  const lent = grants.filter((granted) => isOn(granted) && granted.variables.length > 0);
  for (const { integration, variables } of lent) {
    await parts.audit.append({
      workspaceId: profile.workspace_id,
      actor,
      profileId: profile.id,
      integrationId: integration.id,
      action: "env.lend",
      details: { variables: variables.join(" "), purpose },
    });
  }
  const values = await Promise.all(
    lent.map(async ({ integration, variables }) => {
      const connector = await parts.catalog.connector(integration.service);
      const credentials = await parts.credentialsOf(integration);
      return variables.map((name) => [name, readVariable(connector, credentials, name)] as const);
    }),
  );
  return Object.fromEntries(values.flat());
}

function readVariable(connector: Connector, credentials: Credentials, name: string): string {
  const field = connector.agentEnvVars?.[name];
  const value = field === undefined ? undefined : (credentials[field] ?? accessTokenFor(connector, credentials, field));
  if (value !== undefined) return value;
  throw new HubError("reconnect_required", `${connector.name} has no credential for ${name}.`, {
    hint: `Add it to the integration, or do without: "patchbay env deny PROFILE ${connector.id} ${name}".`,
  });
}

/** An account connected by OAuth has an access token in the place of the first field that one would paste. */
function accessTokenFor({ auth }: Connector, credentials: Credentials, field: string): string | undefined {
  const [first] = auth.flatMap((way) => (way.kind === "oauth2" ? [] : way.fields));
  return first?.env === field ? credentials["access_token"] : undefined;
}
