import { HubError } from "../errors.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { type Choose, type RefreshParts, refreshTokens } from "./refresh-tokens.ts";
import { dueFields, isExpired, refusedFields, type TokenSet } from "./token-set.ts";

export interface TokenParts extends RefreshParts {
  /** Told when what is stored for an integration may have changed. */
  readonly onRenewed: (integrationId: string) => void;
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

export function openTokens(parts: TokenParts): Tokens {
  const { now = Date.now } = parts;
  const running = new Map<string, Promise<TokenSet>>();

  /** Joins the refresh under way in this process, or begins one. */
  async function renew(integration: IntegrationRow, choose: Choose): Promise<TokenSet> {
    for (let known = running.get(integration.id); known; known = running.get(integration.id)) {
      const set = await known;
      if (choose(set).length === 0) return set;
    }
    const renewal = refreshTokens(parts, integration, choose).finally(() => {
      running.delete(integration.id);
      parts.onRenewed(integration.id);
    });
    running.set(integration.id, renewal);
    return renewal;
  }

  return {
    async keepFresh(integration, set) {
      const choose: Choose = (candidate) => dueFields(candidate, now());
      if (choose(set).length === 0) return set;
      const renewal = renew(integration, choose);
      if (isExpired(set, now())) return renewal;
      renewal.catch((error: unknown) => {
        if (!(error instanceof HubError)) parts.onFault(`Tokens of ${integration.id} could not be renewed.`, error);
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
