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
import { dueFields, isExpired, refusedFields, type Token, type TokenSet } from "./token-set.ts";

export interface TokenParts extends BrokenParts {
  readonly catalog: Catalog;
  readonly vault: Vault;
  readonly egress: Egress;
  /** Told when what is stored for an integration may have changed. */
  readonly onRenewed: (integrationId: string) => void;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
  readonly leaseMs?: number;
}

/** Keeps OAuth tokens alive: one refresh at a time, whatever the number of callers and processes. */
export interface Tokens {
  /** Tokens that have not expired. Those about to expire are renewed meanwhile, which keeps nobody waiting. */
  keepFresh(integration: IntegrationRow, set: TokenSet): Promise<TokenSet>;
  /** What takes the place of tokens that a service refused; undefined where they can't be renewed. */
  replace(integration: IntegrationRow, refused: TokenSet): Promise<TokenSet | undefined>;
  /** Resolves once no refresh is under way: what a service answers and nobody stores is lost for ever. */
  settle(): Promise<void>;
}

/** Tells which tokens of a set are still to be renewed. */
type Choose = (set: TokenSet) => readonly string[];

const POLL_MS = 100;
const STORE_ATTEMPTS = 10;
const STORE_RETRY_MS = 1_000;
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 5 * 60_000;

export function openTokens(parts: TokenParts): Tokens {
  const { store, audit, vault, onFault, now = Date.now, sleep = setTimeout, leaseMs = LEASE_MS } = parts;
  const running = new Map<string, Promise<TokenSet>>();

  /** Joins the refresh under way in this process, or begins one. */
  async function renew(integration: IntegrationRow, choose: Choose): Promise<TokenSet> {
    for (let known = running.get(integration.id); known; known = running.get(integration.id)) {
      const set = await known;
      if (choose(set).length === 0) return set;
    }
    const renewal = waitForTurn(integration, choose).finally(() => {
      running.delete(integration.id);
      parts.onRenewed(integration.id);
    });
    running.set(integration.id, renewal);
    return renewal;
  }

  async function waitForTurn(integration: IntegrationRow, choose: Choose): Promise<TokenSet> {
    for (;;) {
      const turn = await takeTurn(store, integration, now(), leaseMs);
      if (turn.status === "taken") return useTurn(integration, turn, choose);
      if (turn.status === "resting") throw notAnswering(integration, Date.parse(turn.until) - now());
      if (turn.status === "gone") throw mustReconnect(integration, "It has no tokens any more.");
      await sleep(POLL_MS);
    }
  }

  async function useTurn(integration: IntegrationRow, turn: Turn, choose: Choose): Promise<TokenSet> {
    let retryAt: string | undefined;
    try {
      const set = await openTokenSet(vault, integration, turn.sealed);
      return await refresh(integration, turn, set, choose(set));
    } catch (error) {
      if (error instanceof HubError && error.retryable) retryAt = new Date(now() + restMs(turn, error)).toISOString();
      throw error;
    } finally {
      await endTurn(store, integration, turn, retryAt);
    }
  }

  /** Each new token is stored before the next one is asked for, and before anybody uses it. */
  async function refresh(integration: IntegrationRow, turn: Turn, set: TokenSet, [field, ...more]: readonly string[]) {
    const token = field === undefined ? undefined : set[field];
    if (field === undefined || !token) return set;
    const renewed = await ask(integration, turn, field, token);
    const next = renewed && { ...set, [field]: renewed };
    if (!next || !(await keep(integration, turn, next))) return readTokenSet(store.db, vault, integration);
    return refresh(integration, turn, next, more);
  }

  /** Undefined where the service refuses because somebody else has renewed it meanwhile. */
  async function ask(integration: IntegrationRow, turn: Turn, field: string, token: Token): Promise<Token | undefined> {
    const connector = await parts.catalog.connector(integration.service);
    try {
      if (token.refresh === null) throw new HubError("reconnect_required", `${connector.name}'s access has expired.`);
      const app = await openApp(parts, integration.workspace_id, connector);
      // Loaded when it is needed: most processes refresh nothing.
      const { openOauthClient } = await import("./oauth-client.ts");
      return await openOauthClient({ egress: parts.egress, connector, app, now }).refresh(field, token);
    } catch (error) {
      if (token.refresh !== null && !isRefusal(error)) throw error;
      const reason = explainRefusal(connector.name, error);
      const isCertain = breakIntegration(parts, integration, reason, (db) => isStillLast(store, db, integration, turn));
      if (await isCertain) throw mustReconnect(integration, reason);
      return undefined;
    }
  }

  /** The service has forgotten the old tokens by now, so a store that is briefly away is waited for. */
  async function keep(integration: IntegrationRow, turn: Turn, set: TokenSet): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        const sealed = await sealTokenSet(vault, integration, set);
        return await store.transaction(async (db) => {
          if (!(await storeTokens(db, integration, turn, sealed))) return false;
          const { workspace_id: workspaceId, id: integrationId, service } = integration;
          const entry = { workspaceId, integrationId, actor: "hub", action: "integration.renew", details: { service } };
          await audit.appendIn(db, entry);
          return true;
        });
      } catch (error) {
        if (attempt === STORE_ATTEMPTS) throw error;
        onFault(`New tokens of ${integration.id} could not be stored, which is tried again.`, error);
        await sleep(STORE_RETRY_MS);
      }
    }
  }

  return {
    async keepFresh(integration, set) {
      const choose: Choose = (candidate) => dueFields(candidate, now());
      if (choose(set).length === 0) return set;
      const renewal = renew(integration, choose);
      if (isExpired(set, now())) return renewal;
      renewal.catch((error: unknown) => {
        if (!(error instanceof HubError)) onFault(`Tokens of ${integration.id} could not be renewed.`, error);
      });
      return set;
    },
    async replace(integration, refused) {
      const choose: Choose = (candidate) => refusedFields(candidate, refused);
      return choose(refused).length === 0 ? undefined : renew(integration, choose);
    },
    async settle() {
      await Promise.allSettled(running.values());
    },
  };
}

function explainRefusal(service: string, error: unknown): string {
  if (!(error instanceof HubError) || !isRefusal(error)) return `The access to ${service} has expired.`;
  const { serviceCode, status } = error.details;
  return `${service} refused to renew the access it had given: ${serviceCode ?? `status ${status}`}.`;
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
