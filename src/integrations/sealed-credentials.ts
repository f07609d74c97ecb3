import type { Transaction } from "kysely";
import type { Db } from "../store/open.ts";
import type { CredentialRow, IntegrationRow, Tables } from "../store/tables.ts";
import type { Vault } from "../vault/open-vault.ts";
import type { Credentials } from "./credentials.ts";
import { supersedeTurns } from "./token-lease.ts";
import { readTokens, TOKENS, type TokenSet, writeTokens } from "./token-set.ts";

export type Sealed = readonly Pick<CredentialRow, "field" | "sealed">[];

type Address = Pick<IntegrationRow, "id" | "workspace_id">;

/** An integration's credentials as they are stored. */
export function readSealed(db: Db, integrationId: string): Promise<CredentialRow[]> {
  return db.selectFrom("credentials").selectAll().where("integration_id", "=", integrationId).execute();
}

/** Seals what is not empty. */
export function sealCredentials(vault: Vault, integration: Address, credentials: Credentials): Promise<Sealed> {
  const given = Object.entries(credentials).filter(([, secret]) => secret !== "");
  return Promise.all(
    given.map(async ([field, secret]) => ({ field, sealed: await vault.seal(addressOf(integration, field), secret) })),
  );
}

/** Puts an integration's credentials in the place of those it had. */
export async function putCredentials(db: Transaction<Tables>, row: IntegrationRow, sealed: Sealed): Promise<void> {
  await supersedeTurns(db, row);
  await db.deleteFrom("credentials").where("integration_id", "=", row.id).execute();
  await addSealed(db, row, sealed);
}

/** Adds credentials to those that an integration has; one of the same field is replaced. */
export async function addSealed(db: Transaction<Tables>, row: IntegrationRow, sealed: Sealed): Promise<void> {
  const owner = { integration_id: row.id, workspace_id: row.workspace_id, updated_at: new Date().toISOString() };
  for (const credential of sealed) {
    await db
      .insertInto("credentials")
      .values({ ...credential, ...owner })
      .onConflict((conflict) =>
        conflict
          .columns(["integration_id", "field"])
          .doUpdateSet({ sealed: credential.sealed, updated_at: owner.updated_at }),
      )
      .execute();
  }
}

export async function openSealed(vault: Vault, integration: Address, sealed: Sealed): Promise<Credentials> {
  const opened = sealed.map(async (row) => {
    return [row.field, await vault.open(addressOf(integration, row.field), row.sealed)] as const;
  });
  return Object.fromEntries(await Promise.all(opened));
}

export function sealTokenSet(vault: Vault, integration: Address, set: TokenSet): Promise<string> {
  return vault.seal(addressOf(integration, TOKENS), writeTokens(set));
}

export async function openTokenSet(vault: Vault, integration: Address, sealed: string): Promise<TokenSet> {
  return readTokens(await vault.open(addressOf(integration, TOKENS), sealed));
}

/** The tokens as they are stored now; none where it was not connected by OAuth. */
export async function readTokenSet(db: Db, vault: Vault, integration: Address): Promise<TokenSet> {
  const row = (await readSealed(db, integration.id)).find(({ field }) => field === TOKENS);
  return row ? openTokenSet(vault, integration, row.sealed) : {};
}

function addressOf({ workspace_id, id }: Address, field: string) {
  return { workspaceId: workspace_id, belongsTo: id, field };
}
