import { randomUUID } from "node:crypto";
import * as z from "zod";
import { apiKey, type Connector, defineConnector, oauth2, type OAuth2Auth, rest } from "#connector";
import { openAudit } from "../audit/open-audit.ts";
import { openCatalog } from "../catalog/open-catalog.ts";
import { openEgress } from "../egress/open-egress.ts";
import type { OauthParts } from "../integrations/oauth-flows.ts";
import type { TokenParts } from "../integrations/open-tokens.ts";
import { openStore } from "../store/open.ts";
import { openVault } from "../vault/open-vault.ts";

export interface OauthKit extends OauthParts, Omit<TokenParts, "onRenewed">, AsyncDisposable {
  /** What the owner was told, by any process. */
  told(): Promise<unknown[]>;
}

const MASTER_KEY = { key: Buffer.alloc(32, 7), where: "a test" };

/** A service whose accounts are connected by OAuth; everything of it is at one address. */
export function makeOauthConnector(url: string, parts: Partial<OAuth2Auth> = {}): Connector {
  return defineConnector({
    id: "demo",
    name: "Demo",
    version: "1.0.0",
    category: "testing",
    capabilities: [],
    baseUrl: url,
    auth: [
      apiKey({
        env: "DEMO_TOKEN",
        label: "Token",
        header: "authorization",
        more: [{ env: "DEMO_SECRET", label: "Secret of webhooks", optional: true }],
      }),
      oauth2({ authorizeUrl: `${url}/auth`, tokenUrl: `${url}/token`, scopes: ["openid"], pkce: true, ...parts }),
    ],
    config: z.object({ team: z.string().optional() }),
    operations: {
      who: rest({
        request: "GET /me",
        summary: "Tell whose account it is.",
        effect: "read",
        input: z.object({}),
        output: z.object({ sub: z.string() }),
      }),
    },
    verify: { operation: "who", account: ({ sub }) => ({ id: sub, label: `${sub}@demo` }) },
  });
}

/** Everything that OAuth works with, on a database that other processes may have open, too. */
export async function openOauthParts(databaseUrl: string, ...connectors: readonly Connector[]): Promise<OauthKit> {
  const store = await openStore(databaseUrl);
  const egress = openEgress({ allowPrivateHosts: ["127.0.0.1"] });
  return {
    store,
    vault: await openVault({ store, masterKey: MASTER_KEY }),
    audit: openAudit({ store }),
    catalog: await openCatalog(
      [],
      Object.fromEntries(connectors.map((connector) => [connector.id, async () => ({ default: connector })])),
    ),
    egress,
    publicUrl: () => "http://127.0.0.1:7300",
    async told() {
      const notes = store.db.selectFrom("settings").select("value").where("name", "like", "told %");
      return (await notes.execute()).map(({ value }) => JSON.parse(value));
    },
    async tellOwner(db, { workspace_id }, reason) {
      const value = JSON.stringify(reason);
      await db
        .insertInto("settings")
        .values({ workspace_id, name: `told ${randomUUID()}`, value })
        .execute();
    },
    onFault(message, error) {
      throw new Error(message, { cause: error });
    },
    async [Symbol.asyncDispose]() {
      await egress.close();
      await store.close();
    },
  };
}
