import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import { remember } from "../store/remember.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { Credentials, CredentialsOf } from "./credentials.ts";
import { requireOauth } from "./oauth-apps.ts";
import { openTokens, type TokenParts, type Tokens } from "./open-tokens.ts";
import type { RefreshParts } from "./refresh-tokens.ts";
import { breakIntegration, mendIntegration, mustReconnect } from "./report-broken.ts";
import { openSealed, readSealed } from "./sealed-credentials.ts";
import { accessTokens, lackingScopes, readTokens, scopesOf, TOKENS, type TokenSet } from "./token-set.ts";

/** The credentials of one call. What becomes of the call tells how the integration is. */
export interface Loan {
  readonly credentials: Credentials;
  /** Newer ones, after the service refused those it was sent; undefined where there are none. */
  renew(): Promise<Credentials | undefined>;
  /** Hears what the call failed with, and which scopes it needs; says what its caller is to be told. */
  fail(error: unknown, scopes?: readonly string[]): Promise<unknown>;
  succeed(): void;
}

export interface OpenCredentials {
  /** An integration's credentials as they can be sent: of OAuth tokens, those that have not expired. */
  readonly credentialsOf: CredentialsOf;
  /** The same for a call whose outcome counts. */
  readonly lend: (integration: IntegrationRow) => Promise<Loan>;
  /** Only what an owner pasted: it needs no renewal, and is there also where the account must be reconnected. */
  readonly keptOf: CredentialsOf;
  /** Marks an integration as broken, for good or until a call through it works again. */
  readonly giveUp: (integration: IntegrationRow, reason: string) => Promise<void>;
  /** Resolves once nothing is under way that would be lost. */
  readonly settle: () => Promise<void>;
}

/** Opens credentials, and keeps them alive. Only their sealed form is kept in memory between calls. */
export function openCredentials(parts: Omit<TokenParts, "onRenewed">): OpenCredentials {
  const { store, vault } = parts;
  const sealedOf = remember(store.changes, (integrationId) => readSealed(store.db, integrationId));
  const tokens = openTokens({ ...parts, onRenewed: sealedOf.forget });

  const openStored = async (integration: IntegrationRow): Promise<Credentials> =>
    openSealed(vault, integration, await sealedOf(integration.id));

  async function open(integration: IntegrationRow): Promise<Opened> {
    const { [TOKENS]: text, ...kept } = await openStored(integration);
    if (text === undefined) return { kept, set: {} };
    if (integration.status === "error") throw mustReconnect(integration, integration.status_reason ?? "");
    return { kept, set: await tokens.keepFresh(integration, readTokens(text)) };
  }

  return {
    credentialsOf: async (integration) => combine(await open(integration)),
    async keptOf(integration) {
      const { [TOKENS]: _, ...kept } = await openStored(integration);
      return kept;
    },
    lend: async (integration) => makeLoan(parts, tokens, integration, await open(integration)),
    async giveUp(integration, reason) {
      await breakIntegration(parts, integration, reason);
    },
    settle: tokens.settle,
  };
}

interface Opened {
  readonly kept: Credentials;
  /** Empty where the integration was not connected by OAuth. */
  readonly set: TokenSet;
}

function combine({ kept, set }: Opened): Credentials {
  return { ...kept, ...accessTokens(set) };
}

function makeLoan(parts: RefreshParts, tokens: Tokens, integration: IntegrationRow, { kept, set }: Opened): Loan {
  let newest = set;

  async function renew(): Promise<Credentials | undefined> {
    if (newest === set) newest = (await tokens.replace(integration, set)) ?? set;
    return newest === set ? undefined : combine({ kept, set: newest });
  }

  return {
    credentials: combine({ kept, set }),
    renew,
    async fail(error, scopes = []) {
      const connector = await parts.catalog.connector(integration.service);
      if (!isRefusedCredential(error)) return explainScopes(error, connector, integration, newest, scopes);
      const { name } = connector;
      // A service that does not say so by the status 401 has not been given a newer token yet.
      if (newest === set && (await renew())) {
        return new HubError("service_failed", `${name} refused its access token, which has been renewed.`, {
          hint: "Make the same call again.",
        });
      }
      await breakIntegration(parts, integration, error.message);
      return error;
    },
    succeed() {
      if (integration.status !== "error") return;
      mendIntegration(parts, integration).catch((error: unknown) =>
        parts.onFault(`${integration.id} works again, which could not be stored.`, error),
      );
    },
  };
}

/** What egress makes of a 401, and connectors of their services' equivalents. */
function isRefusedCredential(error: unknown): error is HubError {
  return error instanceof HubError && error.code === "reconnect_required" && error.details["status"] === 401;
}

/** Says which scopes an account was connected without, where its service refuses what they would allow. */
function explainScopes(
  error: unknown,
  connector: Connector,
  integration: IntegrationRow,
  set: TokenSet,
  scopes: readonly string[],
): unknown {
  const granted = scopesOf(set);
  // One that names no scopes may have granted any, and one that refuses for another reason says it by another status.
  if (granted.length === 0 || !isForbidden(error)) return error;
  const lacking = lackingScopes(requireOauth(connector), scopes, granted);
  if (lacking.length === 0) return error;
  const { code, message, details, serviceWords, cause } = error;
  const { id, service, label } = integration;
  const command = `patchbay oauth start ${service} --integration ${id} ${lacking.map((scope) => `--scope ${scope}`).join(" ")}`;
  return new HubError(code, message, {
    hint: `${service}:${label} was connected without ${lacking.join(", ")}. Ask the owner to allow it: ${command}`,
    details,
    cause,
    ...(serviceWords !== undefined && { serviceWords }),
  });
}

function isForbidden(error: unknown): error is HubError {
  if (!(error instanceof HubError) || error.code !== "service_rejected") return false;
  const { status, serviceCode } = error.details;
  return status === 403 || serviceCode === "missing_scope";
}
