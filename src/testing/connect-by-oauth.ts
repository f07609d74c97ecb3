import { ensureWorkspace } from "../access/workspaces.ts";
import { storeConnection } from "../integrations/connect.ts";
import { setApp } from "../integrations/oauth-apps.ts";
import { receiveCallback } from "../integrations/oauth-callback.ts";
import { confirmFlow } from "../integrations/oauth-confirm.ts";
import { startFlow } from "../integrations/oauth-flows.ts";
import { readTokenSet, sealTokenSet } from "../integrations/sealed-credentials.ts";
import type { Token } from "../integrations/token-set.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { OauthKit } from "./open-oauth-parts.ts";
import { type AuthorizationServer, CLIENT } from "./start-authorization-server.ts";

/** Sets the OAuth app, and gives the owner whose it is. */
export async function setUpApp(parts: OauthKit): Promise<{ workspaceId: string; actor: string }> {
  const { id: workspaceId } = await ensureWorkspace(parts.store, "default", "live");
  const owner = { workspaceId, actor: "test" };
  await setApp(parts, owner, "demo", CLIENT);
  return owner;
}

/** Connects an account by the whole flow, as an owner who allows everything. */
export async function connectByOauth(parts: OauthKit, server: AuthorizationServer): Promise<IntegrationRow> {
  const owner = await setUpApp(parts);
  const { url } = await startFlow(parts, { ...owner, service: "demo" });
  const { searchParams } = await server.visit(url);
  return (await confirmFlow(parts, await receiveCallback(parts, "demo", searchParams))).integration;
}

const TOKEN: Token = { access: "access-1", refresh: "refresh-1", scopes: ["openid"], obtainedAt: 0, expiresAt: 1 };

/** Connects an account with these tokens, without a flow. */
export async function connectWithTokens(
  parts: OauthKit,
  ...tokens: readonly Partial<Token>[]
): Promise<IntegrationRow> {
  const set = tokens.map((token, index) => [index === 0 ? "access_token" : `TOKEN_${index}`, { ...TOKEN, ...token }]);
  const { integration } = await storeConnection(parts, await setUpApp(parts), {
    connector: await parts.catalog.connector("demo"),
    credentials: { oauth: JSON.stringify(Object.fromEntries(set)) },
    config: {},
    baseUrl: undefined,
    account: { id: "ada", label: "ada@demo" },
    old: undefined,
  });
  return integration;
}

/** Changes an integration's tokens where they are stored. */
export async function changeTokens(
  { store, vault }: Pick<OauthKit, "store" | "vault">,
  integration: IntegrationRow,
  change: Partial<Token>,
): Promise<void> {
  const set = await readTokenSet(store.db, vault, integration);
  const changed = Object.entries(set).map(([field, token]) => [field, { ...token, ...change }] as const);
  await store.db
    .updateTable("credentials")
    .set({ sealed: await sealTokenSet(vault, integration, Object.fromEntries(changed)) })
    .where("integration_id", "=", integration.id)
    .where("field", "=", "oauth")
    .execute();
  const { workspace_id } = integration;
  await store.transaction((db) => store.changes.record(db, { workspace_id, profile_id: null }));
  await store.changes.catchUp();
}
