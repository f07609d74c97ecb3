import type { OAuth2Auth } from "../connector/auth.ts";
import type { Connector } from "../connector/connector.ts";
import { explainFailure } from "../egress/run-operation.ts";
import { serviceIn } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { ConnectParts } from "./connect.ts";
import { type Credentials, credentialFields } from "./credentials.ts";
import { destinationOf, settingsOf } from "./integrations.ts";
import { type OauthApp, openApp, requireOauth } from "./oauth-apps.ts";
import type { OauthClient } from "./oauth-client.ts";
import { openSealed, readSealed } from "./sealed-credentials.ts";
import { accessTokens, isExpired, readTokens, type Token, TOKENS } from "./token-set.ts";

/** What became of an integration's access at its service. */
export interface Revocation {
  readonly isRevoked: boolean;
  /** What is left for a person to do, and where; undefined where nothing is. */
  readonly byHand: string | undefined;
}

const TIMEOUT_MS = 10_000;

/** Takes back at the service what the hub was given there. A service that can't be asked keeps nobody from disconnecting. */
export async function revokeAccess(parts: ConnectParts, integration: IntegrationRow): Promise<Revocation> {
  const { store, vault, catalog } = parts;
  if (!catalog.services.includes(integration.service)) return { isRevoked: false, byHand: undefined };
  const connector = await catalog.connector(integration.service);
  let advice: string | undefined;
  try {
    const sealed = await readSealed(store.db, integration.id);
    const { [TOKENS]: text, ...kept } = await openSealed(vault, integration, sealed);
    const tokens = text === undefined ? {} : readTokens(text);
    advice = text === undefined ? adviseOnKeys(connector, kept) : adviseOnApps(connector, requireOauth(connector));
    await tidyUp(parts, connector, integration, { ...kept, ...accessTokens(tokens) });
    if (text === undefined) return { isRevoked: false, byHand: advice };

    const app = await openApp(parts, integration.workspace_id, connector);
    const sharer = await findSharer(parts, integration, app);
    if (sharer !== undefined) return { isRevoked: false, byHand: `${sharer} goes on using the same access.` };
    if (app.revokeUrl === undefined) return { isRevoked: false, byHand: advice };
    const { openOauthClient } = await import("./oauth-client.ts");
    const client = openOauthClient({ egress: parts.egress, connector, app, now: Date.now });
    for (const [field, token] of Object.entries(tokens)) await client.revoke(await revive(client, app, field, token));
    return { isRevoked: true, byHand: undefined };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { isRevoked: false, byHand: [error.message, advice].filter((text) => text !== undefined).join(" ") };
  }
}

/** What a connector has set up at its service, such as a webhook. */
async function tidyUp(
  { store, egress }: ConnectParts,
  connector: Connector,
  row: IntegrationRow,
  credentials: Credentials,
) {
  const destination = await destinationOf(store, row);
  if (!connector.onDisconnect || !serviceIn(destination, connector)) return;
  const session = egress.session({
    ...destination,
    connector,
    credentials,
    config: settingsOf(row),
    effect: "write",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    idempotencyKey: newId("call"),
  });
  try {
    await connector.onDisconnect(session.context);
  } catch (error) {
    throw explainFailure(error, connector, session);
  }
}

/** Where a token is revoked by being sent, one that has expired would end nothing. */
async function revive(client: OauthClient, { revokeBy }: OauthApp, field: string, token: Token): Promise<Token> {
  const isSent = revokeBy === "bearer" || revokeBy === "delete_grant";
  const isOver = isExpired({ [field]: token }, Date.now());
  return isSent && isOver && token.refresh !== null ? client.refresh(field, token) : token;
}

/**
 * An integration that has the same access: the same account under another label, or, as several connectors of Google share an
 * app, an account of another service.
 */
async function findSharer(
  { store }: ConnectParts,
  { id, workspace_id, service, account_id }: IntegrationRow,
  { clientId }: OauthApp,
) {
  const row = await store.db
    .selectFrom("oauth_apps")
    .innerJoin("integrations", (join) =>
      join
        .onRef("integrations.service", "=", "oauth_apps.service")
        .onRef("integrations.workspace_id", "=", "oauth_apps.workspace_id"),
    )
    .innerJoin("credentials", "credentials.integration_id", "integrations.id")
    .select(["integrations.service", "integrations.label"])
    .where("oauth_apps.workspace_id", "=", workspace_id)
    .where("oauth_apps.client_id", "=", clientId)
    .where("integrations.id", "!=", id)
    .where(({ eb, or }) =>
      or([eb("integrations.service", "!=", service), eb("integrations.account_id", "=", account_id)]),
    )
    .where("credentials.field", "=", TOKENS)
    .executeTakeFirst();
  return row && `${row.service}:${row.label}`;
}

function adviseOnKeys(connector: Connector, kept: Credentials): string | undefined {
  const fields = credentialFields(connector).filter(({ env, createAt }) => env in kept && createAt !== undefined);
  const [field] = fields;
  return field && `The ${field.label.toLowerCase()} is still good until you delete it at ${field.createAt}.`;
}

/** Where a person ends what a service has given the owner's app. */
export function adviseOnApps({ name }: Pick<Connector, "name">, { manageUrl }: OAuth2Auth): string {
  return manageUrl === undefined
    ? `End the app's access in the account's settings at ${name}.`
    : `End the app's access at ${manageUrl}.`;
}
