import type { Account, Connector } from "../connector/connector.ts";
import type { Db } from "../store/open.ts";
import type { OauthFlowRow } from "../store/tables.ts";
import { checkSameAccount, type Findings, findSame, parseBaseUrl, parseConfig } from "./connect.ts";
import { checkCompany } from "./company.ts";
import { type Credentials, credentialFields } from "./credentials.ts";
import { findIntegration, listIntegrations, settingsOf } from "./integrations.ts";
import { FlowSettings, type OauthParts } from "./oauth-flows.ts";
import { openSealed, readSealed } from "./sealed-credentials.ts";
import { TOKENS, type TokenSet, writeTokens } from "./token-set.ts";

/** What the flow was told, or else what the integration has that it is about. */
export async function readSettings(db: Db, flow: OauthFlowRow, connector: Connector) {
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
export async function findOut(
  parts: OauthParts,
  flow: OauthFlowRow,
  { connector, set, account }: Authorized,
): Promise<Findings> {
  const { row, label, ...settings } = await readSettings(parts.store.db, flow, connector);
  const siblings = await listIntegrations(parts.store.db, flow.workspace_id);
  await checkCompany(parts.catalog, connector, siblings);
  const old = row ?? findSame(siblings, { service: connector.id, ...(label !== undefined && { label }) }, account);
  if (old) checkSameAccount(connector, old, account);
  const kept = old ? await readKept(parts, connector, old.id, flow.workspace_id) : {};
  return { connector, credentials: { ...kept, [TOKENS]: writeTokens(set) }, ...settings, account, old };
}

/** What OAuth does not give, such as the secret that webhooks are signed with. */
async function readKept({ store, vault }: OauthParts, connector: Connector, id: string, workspace_id: string) {
  const unsent = credentialFields(connector).filter(({ placement }) => !placement);
  const sealed = (await readSealed(store.db, id)).filter(({ field }) => unsent.some(({ env }) => env === field));
  return openSealed(vault, { id, workspace_id }, sealed) satisfies Promise<Credentials>;
}
