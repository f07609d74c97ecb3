import type { Ledger } from "../access/grants.ts";
import { type Mode, modeOf } from "../access/workspaces.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { OAuth2Auth } from "../connector/auth.ts";
import type { Connector } from "../connector/connector.ts";
import { refuseOwnHost, serviceIn } from "../egress/sandbox.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { OauthAppRow } from "../store/tables.ts";
import { CLIENT_SECRET, type Vault } from "../vault/open-vault.ts";
import { TOKENS } from "./token-set.ts";

/** What a service is asked with: what its connector says of OAuth, at the addresses of the owner's own app. */
export interface OauthApp extends OAuth2Auth {
  /** The world it is asked in. */
  readonly mode: Mode;
  readonly clientId: string;
  /** Absent for a public client. */
  readonly clientSecret?: string;
}

export interface AppSpec {
  readonly clientId: string;
  /** Kept as it was when absent, unless the client id changes or it would be sent elsewhere. */
  readonly clientSecret?: string;
  readonly authorizeUrl?: string;
  readonly tokenUrl?: string;
  readonly revokeUrl?: string;
}

interface AppParts extends Ledger {
  readonly catalog: Catalog;
  readonly vault: Vault;
}

/** What a connector says of OAuth; `invalid_input` where its service is not connected by it. */
export function requireOauth(connector: Connector): OAuth2Auth {
  const auth = connector.auth.find(({ kind }) => kind === "oauth2");
  if (auth?.kind === "oauth2") return auth;
  throw new HubError("invalid_input", `${connector.name} is not connected by OAuth.`, {
    hint: `Connect it with "patchbay connect ${connector.id}".`,
  });
}

/**
 * Keeps the owner's own app of a service; its secret is sealed.
 *
 * Nothing that was given to one origin is ever sent to another: neither the secret, nor the tokens of what is connected.
 */
export async function setApp(
  { store, audit, catalog, vault }: AppParts,
  { workspaceId, actor }: { readonly workspaceId: string; readonly actor: string },
  service: string,
  spec: AppSpec,
): Promise<OauthAppRow> {
  const auth = requireOauth(await catalog.connector(service));
  const old = await findApp(store.db, workspaceId, service);
  const now = new Date().toISOString();
  const id = old?.id ?? newId("oauthApp");
  const moves = old !== undefined && !isWithinOrigins(auth, spec, old);
  const kept = !moves && old?.client_id === spec.clientId ? old.sealed_secret : null;
  const changed = {
    client_id: spec.clientId,
    sealed_secret:
      spec.clientSecret === undefined ? kept : await vault.seal(secretAddress(workspaceId, id), spec.clientSecret),
    authorize_url: spec.authorizeUrl ?? null,
    token_url: spec.tokenUrl ?? null,
    revoke_url: spec.revokeUrl ?? null,
    updated_at: now,
  };
  const row: OauthAppRow = { id, workspace_id: workspaceId, service, created_at: old?.created_at ?? now, ...changed };
  await store.transaction(async (db) => {
    const user = moves ? await findUser(db, workspaceId, service) : undefined;
    if (user !== undefined) {
      throw new HubError("conflict", `The access of ${user} would be renewed or revoked elsewhere.`, {
        hint: `Disconnect ${user} first, or leave the app's addresses where they are.`,
      });
    }
    await db
      .insertInto("oauth_apps")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(changed))
      .execute();
    await audit.appendIn(db, { workspaceId, actor, action: "oauth_app.set", details: { service } });
  });
  return row;
}

export function listApps(db: Db, workspaceId: string): Promise<OauthAppRow[]> {
  return db.selectFrom("oauth_apps").selectAll().where("workspace_id", "=", workspaceId).orderBy("service").execute();
}

function findApp(db: Db, workspaceId: string, service: string): Promise<OauthAppRow | undefined> {
  return db
    .selectFrom("oauth_apps")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("service", "=", service)
    .executeTakeFirst();
}

/** Whether an app's secret and tokens would be sent only to where they have been sent. */
function isWithinOrigins(auth: OAuth2Auth, { tokenUrl, revokeUrl }: AppSpec, old: OauthAppRow): boolean {
  const known = originsOf(old.token_url ?? auth.tokenUrl, old.revoke_url ?? auth.revokeUrl);
  return originsOf(tokenUrl ?? auth.tokenUrl, revokeUrl ?? auth.revokeUrl).every((origin) => known.includes(origin));
}

function originsOf(...urls: readonly (string | undefined)[]): readonly string[] {
  return urls.flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
}

/** An account that was connected by a service's app. */
async function findUser(db: Db, workspaceId: string, service: string): Promise<string | undefined> {
  const user = await db
    .selectFrom("integrations")
    .innerJoin("credentials", "credentials.integration_id", "integrations.id")
    .select("integrations.label")
    .where("integrations.workspace_id", "=", workspaceId)
    .where("integrations.service", "=", service)
    .where("credentials.field", "=", TOKENS)
    .executeTakeFirst();
  return user && `${service}:${user.label}`;
}

/** Forgets an app. One that an account was connected by is still needed, to renew its tokens and to revoke them. */
export async function deleteApp(
  { store, audit }: Ledger,
  { workspaceId, actor }: { readonly workspaceId: string; readonly actor: string },
  service: string,
): Promise<void> {
  await store.transaction(async (db) => {
    const user = await findUser(db, workspaceId, service);
    if (user !== undefined) {
      throw new HubError("conflict", `${user} was connected by the OAuth app.`, { hint: `Disconnect ${user} first.` });
    }
    const { numDeletedRows } = await db
      .deleteFrom("oauth_apps")
      .where("workspace_id", "=", workspaceId)
      .where("service", "=", service)
      .executeTakeFirst();
    if (numDeletedRows === 0n) {
      throw new HubError("not_found", `No OAuth app is set for ${service}.`, {
        hint: 'List them with "patchbay oauth-apps list".',
      });
    }
    await audit.appendIn(db, { workspaceId, actor, action: "oauth_app.delete", details: { service } });
  });
}

/**
 * The app that a service is asked with; `conflict` where the owner has set none. In the test world it is one of the
 * service's sandbox, or has addresses of the owner's.
 */
export async function openApp(
  { store, vault }: { readonly store: Store; readonly vault: Vault },
  workspaceId: string,
  connector: Connector,
): Promise<OauthApp> {
  const mode = await modeOf(store, workspaceId);
  const { issuer, ...auth } = requireOauth(serviceIn({ mode }, connector) ?? connector);
  const row = await findApp(store.db, workspaceId, connector.id);
  const authorizeUrl = row?.authorize_url ?? auth.authorizeUrl;
  const tokenUrl = row?.token_url ?? auth.tokenUrl;
  if (mode === "test") for (const url of [authorizeUrl, tokenUrl]) refuseOwnHost(connector, url, OAUTH_HINT);
  if (!row) throw missingApp(connector.id, auth.createAppAt);
  const { authorize_url, revoke_url, sealed_secret } = row;
  const revokeUrl = revoke_url ?? auth.revokeUrl;
  return {
    ...auth,
    mode,
    authorizeUrl,
    tokenUrl,
    // At another address there is another issuer.
    ...(issuer !== undefined && authorize_url === null && { issuer }),
    ...(revokeUrl !== undefined && { revokeUrl }),
    clientId: row.client_id,
    ...(sealed_secret !== null && {
      clientSecret: await vault.open(secretAddress(workspaceId, row.id), sealed_secret),
    }),
  };
}

const OAUTH_HINT =
  "Connect it without OAuth and credentials, or set an OAuth app that has the addresses of a test server.";

function secretAddress(workspaceId: string, appId: string) {
  return { workspaceId, belongsTo: appId, field: CLIENT_SECRET };
}

function missingApp(service: string, createAt?: string): HubError {
  const where = createAt === undefined ? "" : ` Register one at ${createAt}.`;
  return new HubError("conflict", `No OAuth app is set for ${service}.`, {
    hint: `Set your own with "patchbay oauth-apps set ${service} --client-id … --client-secret -".${where}`,
  });
}
