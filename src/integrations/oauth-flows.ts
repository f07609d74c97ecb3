import { createHash } from "node:crypto";
import * as oauth from "oauth4webapi";
import * as z from "zod";
import type { Ledger } from "../access/grants.ts";
import type { Connector } from "../connector/connector.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db } from "../store/open.ts";
import type { IntegrationRow, OauthFlowRow } from "../store/tables.ts";
import { checkCompany } from "./company.ts";
import { type ConnectParts, parseBaseUrl, parseConfig } from "./connect.ts";
import { listIntegrations } from "./integrations.ts";
import { type OauthApp, openApp } from "./oauth-apps.ts";
import { readTokenSet } from "./sealed-credentials.ts";
import { ACCESS_TOKEN, type TokenSet } from "./token-set.ts";

export interface OauthParts extends ConnectParts {
  /** Where browsers reach the hub, without a trailing slash. */
  readonly publicUrl: () => string;
}

/** What the integration is to have besides its tokens. */
export const FlowSettings = z.object({
  label: z.exactOptional(z.string()),
  baseUrl: z.exactOptional(z.string()),
  config: z.exactOptional(z.record(z.string(), z.unknown())),
});
export type FlowSettings = z.infer<typeof FlowSettings>;

interface FlowSpec extends FlowSettings {
  readonly workspaceId: string;
  readonly actor: string;
  readonly service: string;
  /** Asked for besides the connector's. */
  readonly scopes?: readonly string[];
  /** The profile that it is for, which is granted the account. */
  readonly profileId?: string;
  /** Reconnected, or given more scopes: it keeps those it has. */
  readonly integration?: IntegrationRow;
}

export interface StartedFlow {
  readonly id: string;
  /** Where the account's owner gives the hub access. */
  readonly url: string;
  readonly expiresAt: string;
}

/** What to do about an answer or a page that is no good any more. */
export const BEGIN_AGAIN = "Begin again where you began, and finish within ten minutes.";

/** As long as the service may take, and again as long as the owner may take to confirm. */
export const FLOW_MS = 10 * 60 * 1000;
/** A flow's fate can be asked for so long; no sealed secret outlives the key that sealed it. */
const KEPT_MS = 30 * 60 * 1000;

/** Begins to connect an account by OAuth: what the service answers is only taken by this flow, once, and soon. */
export async function startFlow(parts: OauthParts, spec: FlowSpec, now = new Date()): Promise<StartedFlow> {
  const { workspaceId, actor, service, integration, profileId } = spec;
  const connector = await parts.catalog.connector(service);
  checkSettings(connector, spec);
  await checkCompany(parts.catalog, connector, await listIntegrations(parts.store.db, workspaceId));
  const app = await openApp(parts, workspaceId, connector);
  const before: TokenSet = integration ? await readTokenSet(parts.store.db, parts.vault, integration) : {};
  const question = {
    state: oauth.generateRandomState(),
    verifier: app.pkce ? oauth.generateRandomCodeVerifier() : undefined,
    redirectUri: `${parts.publicUrl()}/oauth/callback/${service}`,
    // Those of other tokens are not asked for by the same parameter.
    scopes: joinScopes(connector, app.scopes, spec.scopes ?? [], before[ACCESS_TOKEN]?.scopes ?? []),
  };
  const row = await describeFlow(parts, spec, question, now);
  await parts.store.transaction(async (db) => {
    await db.deleteFrom("oauth_flows").where("expires_at", "<", after(now, -KEPT_MS)).execute();
    await db.insertInto("oauth_flows").values(row).execute();
    await parts.audit.appendIn(db, {
      workspaceId,
      actor,
      action: "oauth.start",
      ...(profileId !== undefined && { profileId }),
      ...(integration && { integrationId: integration.id }),
      details: { flow: row.id, service, scopes: question.scopes.join(" ") },
    });
  });
  return { id: row.id, url: await writeUrl(app, question), expiresAt: row.expires_at };
}

/** What a service is asked. */
interface Question {
  readonly state: string;
  /** Where the service has PKCE. */
  readonly verifier: string | undefined;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

async function describeFlow(
  { vault }: OauthParts,
  spec: FlowSpec,
  { state, verifier, redirectUri, scopes }: Question,
  now: Date,
): Promise<OauthFlowRow> {
  const { workspaceId, service, actor, profileId, integration } = spec;
  const id = newId("oauthFlow");
  const address = addressOf(workspaceId, id, "verifier");
  return {
    id,
    workspace_id: workspaceId,
    service,
    actor,
    profile_id: profileId ?? null,
    integration_id: integration?.id ?? null,
    state_hash: hashSecret(state),
    sealed_verifier: verifier === undefined ? null : await vault.seal(address, verifier),
    redirect_uri: redirectUri,
    scopes: JSON.stringify(scopes),
    settings: JSON.stringify(FlowSettings.parse(spec)),
    status: "pending",
    reason: null,
    account: null,
    sealed_tokens: null,
    confirm_hash: null,
    created_at: now.toISOString(),
    expires_at: after(now, FLOW_MS),
  };
}

async function writeUrl(app: OauthApp, { state, verifier, redirectUri, scopes }: Question): Promise<string> {
  const url = new URL(app.authorizeUrl);
  const parameters = {
    ...app.authorizeParameters,
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(app.scopeSeparator ?? " "),
    state,
    ...(verifier !== undefined && {
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }),
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== "") url.searchParams.set(name, value);
  return url.href;
}

/** What would be refused later is refused before anybody is asked for access. */
function checkSettings(connector: Connector, { baseUrl, config }: FlowSettings): void {
  if (baseUrl !== undefined) parseBaseUrl(baseUrl);
  if (config !== undefined) parseConfig(connector, config);
}

function joinScopes({ name }: Connector, ...lists: readonly (readonly string[])[]): readonly string[] {
  const scopes = [...new Set(lists.flat())];
  const odd = scopes.find((scope) => !/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/.test(scope));
  if (odd === undefined) return scopes;
  throw new HubError("invalid_input", `"${odd.slice(0, 60)}" is not a scope of ${name}.`, {
    hint: "A scope has neither spaces nor commas, quotes or backslashes.",
  });
}

/** What has become of a flow; its status in the words of whoever began it. */
export interface FlowState {
  readonly id: string;
  readonly service: string;
  readonly status: "pending" | "authorized" | "connected" | "failed" | "expired";
  readonly reason: string | null;
  /** The account that it will connect, or has. */
  readonly account: string | null;
  /** Once it is connected. */
  readonly integration: string | null;
  readonly expiresAt: string;
}

export async function readFlow(
  db: Db,
  workspaceId: string,
  service: string,
  id: string,
  now = new Date(),
): Promise<FlowState> {
  const row = await db
    .selectFrom("oauth_flows")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("service", "=", service)
    .executeTakeFirst();
  if (!row) {
    throw new HubError("not_found", `There is no flow ${id} of ${service}, or it is long over.`, {
      hint: "Begin a new one.",
    });
  }
  const { status, reason, account, integration_id, expires_at } = row;
  const isOver = status === "connected" || status === "failed";
  return {
    id,
    service,
    account: account === null ? null : FlowAccount.parse(JSON.parse(account)).label,
    integration: status === "connected" ? integration_id : null,
    expiresAt: expires_at,
    ...(isOver || expires_at > now.toISOString()
      ? { status: status === "exchanging" ? "pending" : status, reason }
      : { status: "expired", reason: "Nobody finished it in time." }),
  };
}

/** Ends a flow that came to nothing. */
export async function failFlow({ store, audit }: Ledger, flow: OauthFlowRow, reason: string): Promise<void> {
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

export const FlowAccount = z.object({ id: z.exactOptional(z.string()), label: z.string() });

/** Where a flow's own secrets are sealed. */
export function addressOf(workspaceId: string, flowId: string, field: "verifier" | "tokens") {
  return { workspaceId, belongsTo: flowId, field };
}

/** Enough for secrets of 256 random bits. */
export function hashSecret(...secrets: readonly string[]): string {
  return createHash("sha256").update(secrets.join(".")).digest("hex");
}

export function after(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
