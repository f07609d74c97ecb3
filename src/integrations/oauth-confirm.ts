import type { Transaction } from "kysely";
import { putGrant } from "../access/grants.ts";
import { listRequests } from "../access/requests.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow, OauthFlowRow, Tables } from "../store/tables.ts";
import { type Connected, storeConnection } from "./connect.ts";
import { findOut } from "./flow-findings.ts";
import { requireOauth } from "./oauth-apps.ts";
import {
  addressOf,
  BEGIN_AGAIN,
  failFlow,
  FlowAccount,
  FlowSettings,
  hashSecret,
  type OauthParts,
} from "./oauth-flows.ts";
import { adviseOnApps } from "./revoke-access.ts";
import { readTokens } from "./token-set.ts";

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
    const grantedTo = flow.profile_id === null ? [] : await grantAsker(parts, db, flow, flow.profile_id, integration);
    const { numUpdatedRows } = await db
      .updateTable("oauth_flows")
      .set({ status: "connected", integration_id: integration.id, sealed_tokens: null, confirm_hash: null })
      .where("id", "=", id)
      .where("confirm_hash", "=", confirm_hash)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw overAlready();
    return grantedTo;
  });
}

/** A profile that has asked in so many words is granted what it asked for; one that the flow was begun for, all of it. */
async function grantAsker(
  parts: OauthParts,
  db: Transaction<Tables>,
  { workspace_id: workspaceId, service, actor }: OauthFlowRow,
  profileId: string,
  { id: integrationId }: IntegrationRow,
): Promise<readonly string[]> {
  const asked = await listRequests(db, workspaceId, { service, profileId, status: "pending" });
  if (asked.length > 0) return [];
  await putGrant(parts, db, actor, { workspaceId, profileId, integrationId, enabled: true });
  return [profileId];
}

/**
 * The owner was shown whose account it is, and does not want it. Says where the service can be told so, too, unless that
 * would end what is connected.
 */
export async function cancelFlow(
  parts: OauthParts,
  { flow: id, token, browser }: Confirm,
): Promise<string | undefined> {
  const flow = await parts.store.db
    .updateTable("oauth_flows")
    .set({ sealed_tokens: null, confirm_hash: null })
    .where("id", "=", id)
    .where("confirm_hash", "=", hashSecret(token, browser))
    .returningAll()
    .executeTakeFirst();
  if (!flow) throw overAlready();
  await failFlow(parts, flow, "The owner did not confirm it.");
  if (flow.integration_id !== null) return undefined;
  const connector = await parts.catalog.connector(flow.service);
  return adviseOnApps(connector, requireOauth(connector));
}

function overAlready(): HubError {
  return new HubError("conflict", "This page was used already, has expired, or was opened in another browser.", {
    hint: BEGIN_AGAIN,
  });
}
