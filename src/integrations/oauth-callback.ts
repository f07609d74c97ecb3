import * as oauth from "oauth4webapi";
import { findProfile } from "../access/profiles.ts";
import { listRequests } from "../access/requests.ts";
import { modeOf } from "../access/workspaces.ts";
import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import type { IntegrationRow, OauthFlowRow } from "../store/tables.ts";
import { findOut, readSettings } from "./flow-findings.ts";
import { type OauthApp, openApp } from "./oauth-apps.ts";
import { describeServer, openOauthClient } from "./oauth-client.ts";
import {
  addressOf,
  after,
  BEGIN_AGAIN,
  failFlow,
  FlowAccount,
  FLOW_MS,
  hashSecret,
  type OauthParts,
} from "./oauth-flows.ts";
import { accessTokens, lackingScopes, scopesOf, type TokenSet, writeTokens } from "./token-set.ts";
import { verifyAccount } from "./verify.ts";

/** What an owner is shown before an account is connected. */
export interface Confirmation {
  readonly flow: string;
  readonly service: string;
  readonly workspace: string;
  /** The account that the service named; undefined where it names none. */
  readonly account: string | undefined;
  /** Where the account is, and its tokens are sent; undefined where that is the service's own address. */
  readonly at: string | undefined;
  /** The integration that gets new tokens. */
  readonly reconnects: string | undefined;
  readonly scopes: readonly string[];
  /** Asked for and not given. */
  readonly missing: readonly string[];
  /** The profiles that will have it: that have it now, have asked for the service, or the one that the flow was begun for. */
  readonly profiles: readonly string[];
  /** For the page's form, and only there. */
  readonly token: string;
  /** For the page's browser, as a cookie. */
  readonly browser: string;
}

/**
 * Takes a service's answer to a flow: exchanges its code for tokens, and asks whose they are.
 *
 * An answer that is not exactly what the flow waits for is refused, and ends the flow where it is known. Nothing is
 * connected before `confirmFlow`.
 */
export async function receiveCallback(
  parts: OauthParts,
  service: string,
  parameters: URLSearchParams,
  now = new Date(),
): Promise<Confirmation> {
  const { flow, state } = await takeFlow(parts.store.db, parameters, now);
  try {
    return await authorize(parts, flow, { service, state, parameters }, now);
  } catch (error) {
    await failFlow(parts, flow, error instanceof HubError ? error.message : "Patchbay failed.");
    throw error;
  }
}

/** Each state is good for one answer, which need not be a good one. */
async function takeFlow(db: Db, parameters: URLSearchParams, now: Date) {
  const [state, ...others] = parameters.getAll("state");
  if (state === undefined || state === "" || others.length > 0) {
    throw new HubError("invalid_input", "The address carries no state, or several.", { hint: BEGIN_AGAIN });
  }
  const flow = await db
    .updateTable("oauth_flows")
    .set({ status: "exchanging" })
    .where("state_hash", "=", hashSecret(state))
    .where("status", "=", "pending")
    .where("expires_at", ">", now.toISOString())
    .returningAll()
    .executeTakeFirst();
  if (flow) return { flow, state };

  const known = await db
    .selectFrom("oauth_flows")
    .select("status")
    .where("state_hash", "=", hashSecret(state))
    .executeTakeFirst();
  if (!known) throw unknownState();
  const what = known.status === "pending" ? "came too late" : "was used already";
  throw new HubError("conflict", `The service's answer ${what}.`, { hint: BEGIN_AGAIN });
}

export function unknownState(): HubError {
  return new HubError("invalid_input", "This hub has not asked for this answer.", { hint: BEGIN_AGAIN });
}

interface Callback {
  readonly service: string;
  readonly state: string;
  readonly parameters: URLSearchParams;
}

async function authorize(parts: OauthParts, flow: OauthFlowRow, callback: Callback, now: Date): Promise<Confirmation> {
  const { store, vault } = parts;
  const connector = await parts.catalog.connector(flow.service);
  if (flow.service !== callback.service) {
    throw new HubError("invalid_input", `An answer for ${connector.name} came as that of ${callback.service}.`, {
      hint: BEGIN_AGAIN,
    });
  }
  const app = await openApp(parts, flow.workspace_id, connector);
  const parameters = checkAnswer(connector, app, callback);
  const set = await exchange(parts, flow, { connector, app, parameters });
  const account = await verifyAccount(parts.egress, await describeCandidate(parts, flow, connector, set));
  const findings = await findOut(parts, flow, { connector, set, account });

  const [token, browser] = [oauth.generateRandomState(), oauth.generateRandomState()];
  const { workspace_id, id } = flow;
  const settled = {
    status: "authorized" as const,
    account: account ? JSON.stringify(FlowAccount.parse(account)) : null,
    sealed_tokens: await vault.seal(addressOf(workspace_id, id, "tokens"), writeTokens(set)),
    sealed_verifier: null,
    confirm_hash: hashSecret(token, browser),
    expires_at: after(now, FLOW_MS),
  };
  await store.db.updateTable("oauth_flows").set(settled).where("id", "=", id).execute();
  const scopes = scopesOf(set);
  const asked = JSON.parse(flow.scopes) as string[];
  return {
    flow: id,
    service: connector.name,
    account: account?.label,
    at: findings.baseUrl,
    reconnects: findings.old && `${findings.old.service}:${findings.old.label}`,
    scopes,
    missing: lackingScopes(app, asked, scopes),
    ...(await readAudience(store.db, flow, findings.old)),
    token,
    browser,
  };
}

async function readAudience(
  db: Db,
  { workspace_id, service, profile_id }: OauthFlowRow,
  old: IntegrationRow | undefined,
) {
  const holders = db
    .selectFrom("grants")
    .innerJoin("profiles", "profiles.id", "grants.profile_id")
    .select("profiles.name as profile")
    .where("grants.workspace_id", "=", workspace_id)
    .where("grants.integration_id", "=", old?.id ?? "")
    .where("grants.enabled", "=", 1);
  const requests = await listRequests(db, workspace_id, { service, status: "pending" });
  const asker = profile_id === null ? [] : [(await findProfile(db, workspace_id, profile_id)).name];
  const workspace = await db
    .selectFrom("workspaces")
    .selectAll()
    .where("id", "=", workspace_id)
    .executeTakeFirstOrThrow();
  return {
    workspace: workspace.mode === "live" ? workspace.name : `${workspace.name} (test)`,
    profiles: [
      ...new Set([...asker, ...[...requests, ...(await holders.execute())].map(({ profile }) => profile)]),
    ].toSorted(),
  };
}

/** Checks what a service answered in the browser: https://www.rfc-editor.org/rfc/rfc9207 and RFC 6749, section 4.1.2. */
function checkAnswer({ name }: Connector, app: OauthApp, { parameters, state }: Callback): URLSearchParams {
  const server = describeServer(app, trustIssuer(app, parameters.get("iss")));
  try {
    const checked = oauth.validateAuthResponse(server, { client_id: app.clientId }, parameters, state);
    if (parameters.getAll("code").length === 1) return checked;
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw notGiven(name, error);
    throw new HubError("invalid_input", `The answer is not one that ${name} would give: ${describe(error)}.`, {
      hint: BEGIN_AGAIN,
    });
  }
  throw new HubError("invalid_input", `${name} answered without a code.`, { hint: BEGIN_AGAIN });
}

/** One that the connector does not declare is at least at home where the service is. */
function trustIssuer({ authorizeUrl, tokenUrl }: OauthApp, claimed: string | null): string | undefined {
  const origin = claimed === null ? undefined : URL.parse(claimed)?.origin;
  const isHome = origin !== undefined && [authorizeUrl, tokenUrl].some((url) => new URL(url).origin === origin);
  return claimed !== null && isHome ? claimed : undefined;
}

function notGiven(name: string, { error, error_description: words }: oauth.AuthorizationResponseError): HubError {
  const code = /^[\w.-]{1,64}$/.test(error) ? `: ${error}` : "";
  return new HubError("service_rejected", `${name} gave no access${code}.`, {
    hint: "Begin again, and allow it.",
    ...(words !== undefined && { serviceWords: words.slice(0, 500) }),
  });
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  return text.includes('"iss"') ? "it comes from another issuer" : "it is malformed";
}

interface Exchange {
  readonly connector: Connector;
  readonly app: OauthApp;
  readonly parameters: URLSearchParams;
}

async function exchange({ egress, vault }: OauthParts, flow: OauthFlowRow, { connector, app, parameters }: Exchange) {
  const { workspace_id, id, sealed_verifier, redirect_uri, scopes } = flow;
  // The connector says that the service checks one, so it must not be left out.
  if (app.pkce && sealed_verifier === null) {
    throw new HubError("conflict", `${connector.name} wants PKCE, which the flow began without.`, {
      hint: BEGIN_AGAIN,
    });
  }
  const address = addressOf(workspace_id, id, "verifier");
  const verifier = sealed_verifier === null ? undefined : await vault.open(address, sealed_verifier);
  const client = openOauthClient({ egress, connector, app, now: Date.now });
  try {
    return await client.exchange(parameters, {
      redirectUri: redirect_uri,
      verifier,
      scopes: JSON.parse(scopes) as string[],
    });
  } catch (error) {
    const isRefused = error instanceof HubError && !error.retryable && error.details["status"] !== undefined;
    throw isRefused ? notTaken(connector, error) : error;
  }
}

function notTaken({ id, name }: Connector, { details, serviceWords, cause }: HubError): HubError {
  const said = details["serviceCode"] ?? `status ${details["status"]}`;
  return new HubError("service_rejected", `${name} did not take the code: ${said}.`, {
    hint: `Check the OAuth app of ${id}: its client id, its secret and its redirect address. Then begin again.`,
    details,
    ...(serviceWords !== undefined && { serviceWords }),
    cause,
  });
}

async function describeCandidate(parts: OauthParts, flow: OauthFlowRow, connector: Connector, set: TokenSet) {
  const { config, baseUrl } = await readSettings(parts.store.db, flow, connector);
  const mode = await modeOf(parts.store, flow.workspace_id);
  return { mode, connector, credentials: accessTokens(set), config, ...(baseUrl !== undefined && { baseUrl }) };
}
