import type { Account, Connector } from "../connector/connector.ts";
import type { Db } from "../store/open.ts";
import type { OauthFlowRow } from "../store/tables.ts";
import { checkSameAccount, findConnected, type Findings, findLabelled, settle } from "./connect.ts";
import { checkCompany } from "./company.ts";
import { type Credentials, credentialFields } from "./credentials.ts";
import { findIntegration, listIntegrations } from "./integrations.ts";
import { FlowSettings, type OauthParts } from "./oauth-flows.ts";
import { openSealed, readSealed } from "./sealed-credentials.ts";
import { TOKENS, type TokenSet, writeTokens } from "./token-set.ts";

/** The integration that a flow names, and what it is to have besides its tokens. */
export async function readSettings(db: Db, flow: OauthFlowRow, connector: Connector) {
  const told = FlowSettings.parse(JSON.parse(flow.settings));
  const { workspace_id, service, integration_id } = flow;
  const named =
    integration_id === null
      ? findLabelled(await listIntegrations(db, workspace_id, service), service, told.label)
      : await findIntegration(db, workspace_id, integration_id);
  return { told, named, ...settle(connector, told, named) };
}

interface Authorized {
  readonly connector: Connector;
  readonly set: TokenSet;
  readonly account: Account | undefined;
}

/** What is to be stored; refuses what can't be. */
export async function findOut(
  parts: OauthParts,
  flow: OauthFlowRow,
  { connector, set, account }: Authorized,
): Promise<Findings> {
  const { told, named, baseUrl } = await readSettings(parts.store.db, flow, connector);
  const siblings = await listIntegrations(parts.store.db, flow.workspace_id);
  await checkCompany(parts.catalog, connector, siblings);
  const old = named ?? findConnected(siblings, told, { connector, baseUrl, account });
  if (old) checkSameAccount(connector, old, account);
  const kept = old ? await readKept(parts, connector, old.id, flow.workspace_id) : {};
  const credentials = { ...kept, [TOKENS]: writeTokens(set) };
  return { connector, credentials, ...settle(connector, told, old), account, old };
}

/** What OAuth does not give, such as the secret that webhooks are signed with. */
async function readKept({ store, vault }: OauthParts, connector: Connector, id: string, workspace_id: string) {
  const unsent = credentialFields(connector).filter(({ placement }) => !placement);
  const sealed = (await readSealed(store.db, id)).filter(({ field }) => unsent.some(({ env }) => env === field));
  return openSealed(vault, { id, workspace_id }, sealed) satisfies Promise<Credentials>;
}
