import * as oauth from "oauth4webapi";
import { listRequests } from "../access/requests.ts";
import type { Account, Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import type { Db } from "../store/open.ts";
import type { OauthFlowRow } from "../store/tables.ts";
import { checkCompany, checkSameAccount, type Connected, type Findings, findSame } from "./connect.ts";
import { parseBaseUrl, parseConfig, storeConnection } from "./connect.ts";
import { type Credentials, credentialFields } from "./credentials.ts";
import { findIntegration, listIntegrations, settingsOf } from "./integrations.ts";
import { type OauthApp, openApp } from "./oauth-apps.ts";
import { describeServer, openOauthClient } from "./oauth-client.ts";
import { addressOf, after, FlowAccount, FLOW_MS, FlowSettings, hashSecret, type OauthParts } from "./oauth-flows.ts";
import { openSealed, readSealed } from "./sealed-credentials.ts";
import { accessTokens, readTokens, scopesOf, TOKENS, type TokenSet, writeTokens } from "./token-set.ts";
import { verifyAccount } from "./verify.ts";

/** What an owner is shown before an account is connected. */
export interface Confirmation {
  readonly flow: string;
  readonly service: string;
  readonly workspace: string;
  /** The account that the service named; undefined where it names none. */
  readonly account: string | undefined;
  /** The integration that gets new tokens. */
  readonly reconnects: string | undefined;
  readonly scopes: readonly string[];
  /** Asked for and not given. */
  readonly missing: readonly string[];
  /** The profiles that have asked for the service, and will have it. */
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
  if (!known) throw new HubError("invalid_input", "This hub has not asked for this answer.", { hint: BEGIN_AGAIN });
  const what = known.status === "pending" ? "came too late" : "was used already";
  throw new HubError("conflict", `The service's answer ${what}.`, { hint: BEGIN_AGAIN });
}

const BEGIN_AGAIN = "Begin again where you began, and finish within ten minutes.";

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
    reconnects: findings.old && `${findings.old.service}:${findings.old.label}`,
    scopes,
    missing: asked.filter((scope) => !scopes.includes(scope)),
    ...(await readAudience(store.db, flow)),
    token,
    browser,
  };
}

async function readAudience(db: Db, { workspace_id, service }: OauthFlowRow) {
  const requests = await listRequests(db, workspace_id, { service, status: "pending" });
  const workspace = await db
    .selectFrom("workspaces")
    .selectAll()
    .where("id", "=", workspace_id)
    .executeTakeFirstOrThrow();
  return {
    workspace: workspace.mode === "live" ? workspace.name : `${workspace.name} (test)`,
    profiles: [...new Set(requests.map(({ profile }) => profile))].toSorted(),
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
  return { connector, credentials: accessTokens(set), config, ...(baseUrl !== undefined && { baseUrl }) };
}

/** What the flow was told, or else what the integration has that it is about. */
async function readSettings(db: Db, flow: OauthFlowRow, connector: Connector) {
  const settings = FlowSettings.parse(JSON.parse(flow.settings));
  const row =
    flow.integration_id === null ? undefined : await findIntegration(db, flow.workspace_id, flow.integration_id);
  const baseUrl = settings.baseUrl === undefined ? row?.base_url : parseBaseUrl(settings.baseUrl);
  return {
    row,
    label: settings.label,
    baseUrl: baseUrl ?? undefined,
    config: parseConfig(connector, settings.config ?? (row ? settingsOf(row) : {})),
  };
}

interface Authorized {
  readonly connector: Connector;
  readonly set: TokenSet;
  readonly account: Account | undefined;
}

/** What is to be stored; refuses what can't be. */
async function findOut(
  parts: OauthParts,
  flow: OauthFlowRow,
  { connector, set, account }: Authorized,
): Promise<Findings> {
  const { row, label, ...settings } = await readSettings(parts.store.db, flow, connector);
  const siblings = await listIntegrations(parts.store.db, flow.workspace_id);
  checkCompany(connector, siblings);
  const old = row ?? findSame(siblings, { service: connector.id, ...(label !== undefined && { label }) }, account);
  if (old) checkSameAccount(connector, old, account);
  const kept = old ? await readKept(parts, connector, old.id, flow.workspace_id) : {};
  return { connector, credentials: { ...kept, [TOKENS]: writeTokens(set) }, ...settings, account, old, siblings };
}

/** What OAuth does not give, such as the secret that webhooks are signed with. */
async function readKept({ store, vault }: OauthParts, connector: Connector, id: string, workspace_id: string) {
  const unsent = credentialFields(connector).filter(({ placement }) => !placement);
  const sealed = (await readSealed(store.db, id)).filter(({ field }) => unsent.some(({ env }) => env === field));
  return openSealed(vault, { id, workspace_id }, sealed) satisfies Promise<Credentials>;
}

interface Confirm {
  readonly flow: string;
  readonly token: string;
  readonly browser: string;
}

/** Connects the account of a flow, on the word of whoever was shown it. */
export async function confirmFlow(parts: OauthParts, given: Confirm, now = new Date()): Promise<Connected> {
  const { store, vault, catalog } = parts;
  const confirm_hash = hashSecret(given.token, given.browser);
  const flow = await store.db
    .selectFrom("oauth_flows")
    .selectAll()
    .where("id", "=", given.flow)
    .where("confirm_hash", "=", confirm_hash)
    .where("status", "=", "authorized")
    .where("expires_at", ">", now.toISOString())
    .executeTakeFirst();
  if (!flow || flow.sealed_tokens === null) throw overAlready();
  const { workspace_id: workspaceId, actor, id } = flow;
  const connector = await catalog.connector(flow.service);
  const set = readTokens(await vault.open(addressOf(workspaceId, id, "tokens"), flow.sealed_tokens));
  const account = flow.account === null ? undefined : FlowAccount.parse(JSON.parse(flow.account));
  const findings = await findOut(parts, flow, { connector, set, account });
  const { label } = FlowSettings.parse(JSON.parse(flow.settings));
  const origin = { workspaceId, actor, ...(label !== undefined && { label }) };
  return storeConnection(parts, origin, findings, async (db, integration) => {
    const { numUpdatedRows } = await db
      .updateTable("oauth_flows")
      .set({ status: "connected", integration_id: integration.id, sealed_tokens: null, confirm_hash: null })
      .where("id", "=", id)
      .where("confirm_hash", "=", confirm_hash)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw overAlready();
  });
}

function overAlready(): HubError {
  return new HubError("conflict", "This page was used already, has expired, or was opened in another browser.", {
    hint: BEGIN_AGAIN,
  });
}

async function failFlow({ store, audit }: OauthParts, flow: OauthFlowRow, reason: string): Promise<void> {
  await store.transaction(async (db) => {
    await db
      .updateTable("oauth_flows")
      .set({ status: "failed", reason, sealed_verifier: null })
      .where("id", "=", flow.id)
      .execute();
    await audit.appendIn(db, {
      workspaceId: flow.workspace_id,
      actor: flow.actor,
      action: "oauth.fail",
      details: { flow: flow.id, service: flow.service, reason },
    });
  });
}
