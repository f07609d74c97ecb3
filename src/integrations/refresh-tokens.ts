import { setTimeout } from "node:timers/promises";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Egress } from "../egress/open-egress.ts";
import { HubError } from "../errors.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { Vault } from "../vault/open-vault.ts";
import { openApp } from "./oauth-apps.ts";
import { breakIntegration, type BrokenParts, mustReconnect } from "./report-broken.ts";
import { openTokenSet, readTokenSet, sealTokenSet } from "./sealed-credentials.ts";
import { endTurn, isStillLast, LEASE_MS, storeTokens, takeTurn, type Turn } from "./token-lease.ts";
import type { Token, TokenSet } from "./token-set.ts";

export interface RefreshParts extends BrokenParts {
  readonly catalog: Catalog;
  readonly vault: Vault;
  readonly egress: Egress;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
  readonly leaseMs?: number;
}

/** Tells which tokens of a set are still to be renewed. */
export type Choose = (set: TokenSet) => readonly string[];

const POLL_MS = 100;
const STORE_ATTEMPTS = 10;
const STORE_RETRY_MS = 1_000;
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 5 * 60_000;

/**
 * Renews an integration's tokens when it is this process's turn, or takes those that another process has got meanwhile.
 *
 * Throws `service_failed` while the service does not answer, and `reconnect_required` once it has refused.
 */
export async function refreshTokens(parts: RefreshParts, row: IntegrationRow, choose: Choose): Promise<TokenSet> {
  const { store, now = Date.now, sleep = setTimeout, leaseMs = LEASE_MS } = parts;
  for (;;) {
    const turn = await takeTurn(store, row, now(), leaseMs);
    if (turn.status === "taken") return useTurn(parts, row, turn, choose);
    if (turn.status === "resting") throw notAnswering(row, Date.parse(turn.until) - now());
    if (turn.status === "gone") throw mustReconnect(row, "It has no tokens any more.");
    await sleep(POLL_MS);
  }
}

async function useTurn(parts: RefreshParts, row: IntegrationRow, turn: Turn, choose: Choose): Promise<TokenSet> {
  const { store, vault, now = Date.now } = parts;
  let retryAt: string | undefined;
  try {
    const set = await openTokenSet(vault, row, turn.sealed);
    return await renewAll(parts, row, turn, set, choose(set));
  } catch (error) {
    if (error instanceof HubError && error.retryable) retryAt = new Date(now() + restMs(turn, error)).toISOString();
    throw error;
  } finally {
    await endTurn(store, row, turn, retryAt);
  }
}

/** Each new token is stored before the next one is asked for, and before anybody uses it. */
async function renewAll(
  parts: RefreshParts,
  row: IntegrationRow,
  turn: Turn,
  before: TokenSet,
  fields: readonly string[],
): Promise<TokenSet> {
  let set = before;
  for (const field of fields) {
    const token = set[field];
    const renewed = token && (await askService(parts, row, turn, field, token));
    const next = renewed && { ...set, [field]: renewed };
    if (!next || !(await keepTokens(parts, row, turn, next))) return readTokenSet(parts.store.db, parts.vault, row);
    set = next;
  }
  return set;
}

/** Undefined where the service refuses because somebody else has renewed it meanwhile. */
async function askService(
  parts: RefreshParts,
  row: IntegrationRow,
  turn: Turn,
  field: string,
  token: Token,
): Promise<Token | undefined> {
  const { store, egress, now = Date.now } = parts;
  const connector = await parts.catalog.connector(row.service);
  try {
    if (token.refresh === null) throw new HubError("reconnect_required", `${connector.name}'s access has expired.`);
    const app = await openApp(parts, row.workspace_id, connector);
    // Loaded when it is needed: most processes refresh nothing.
    const { openOauthClient } = await import("./oauth-client.ts");
    return await openOauthClient({ egress, connector, app, now }).refresh(field, token);
  } catch (error) {
    if (token.refresh !== null && !isRefusal(error)) throw error;
    const reason = explainRefusal(connector.name, row, error);
    const isBroken = await breakIntegration(parts, row, reason, (db) => isStillLast(store, db, row, turn));
    if (isBroken) throw mustReconnect(row, reason);
    return undefined;
  }
}

/** The service has forgotten the old tokens by now, so a store that is briefly away is waited for. */
async function keepTokens(parts: RefreshParts, row: IntegrationRow, turn: Turn, set: TokenSet): Promise<boolean> {
  const { store, audit, vault, onFault, sleep = setTimeout } = parts;
  const { workspace_id: workspaceId, id: integrationId, service } = row;
  for (let attempt = 1; ; attempt++) {
    try {
      const sealed = await sealTokenSet(vault, row, set);
      return await store.transaction(async (db) => {
        if (!(await storeTokens(db, row, turn, sealed))) return false;
        const entry = { workspaceId, integrationId, actor: "hub", action: "integration.renew", details: { service } };
        await audit.appendIn(db, entry);
        return true;
      });
    } catch (error) {
      if (attempt === STORE_ATTEMPTS) throw error;
      onFault(`New tokens of ${integrationId} could not be stored, which is tried again.`, error);
      await sleep(STORE_RETRY_MS);
    }
  }
}

/** What services say where the owner's app is wrong, and not the access. */
const APP_CODES = new Set([
  "invalid_client",
  "unauthorized_client",
  "incorrect_client_credentials",
  "bad_client_secret",
  "invalid_client_id",
]);

function explainRefusal(service: string, { id }: IntegrationRow, error: unknown): string {
  if (!(error instanceof HubError) || !isRefusal(error)) return `The access to ${service} has expired.`;
  const { serviceCode, status } = error.details;
  const reason = `${service} refused to renew the access it had given: ${serviceCode ?? `status ${status}`}.`;
  if (!APP_CODES.has(String(serviceCode))) return reason;
  return `${reason} Set your OAuth app's id and secret right, then run "patchbay integrations verify ${id}".`;
}

/** Whether this is the service's final word, rather than an outage or a fault on our side. */
function isRefusal(error: unknown): error is HubError {
  if (!(error instanceof HubError) || error.retryable) return false;
  const { status } = error.details;
  return typeof status === "number" && status >= 400 && status < 500;
}

/** Twice as long each time, unless the service says how long. */
function restMs({ failures }: Turn, { details }: HubError): number {
  const { retryAfterMs } = details;
  const asked = typeof retryAfterMs === "number" ? retryAfterMs : FIRST_REST_MS * 2 ** Math.min(failures, 10);
  return Math.min(asked, LONGEST_REST_MS);
}

function notAnswering({ service, label }: IntegrationRow, waitMs: number): HubError {
  const retryAfterMs = Math.max(1_000, waitMs);
  return new HubError(
    "service_failed",
    `The access to ${service}:${label} could not be renewed: ${service} is failing.`,
    {
      hint: `Try again in ${Math.ceil(retryAfterMs / 1000)} seconds.`,
      details: { service, retryAfterMs },
    },
  );
}
