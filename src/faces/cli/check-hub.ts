import type { Config } from "../../config.ts";
import { HubError } from "../../errors.ts";
import { findHubKey, type Hub, openHub } from "../../hub.ts";
import { destinationOf, listIntegrations, settingsOf } from "../../integrations/integrations.ts";
import { verifyAccount } from "../../integrations/verify.ts";
import { openStore, type Store } from "../../store/open.ts";
import type { IntegrationRow, WorkspaceRow } from "../../store/tables.ts";
import { hasReplacement } from "../../vault/key-file.ts";
import { openVault } from "../../vault/open-vault.ts";
import { check, type Finding } from "./finding.ts";
import { hidePassword } from "./local-clients.ts";
import { hasHub } from "./with-hub.ts";

/** Checks what the hub keeps: its database, the key to it, the ledgers, and every connected account. */
export async function checkHub(config: Config): Promise<readonly Finding[]> {
  const [database, store] = await check("database", () => checkDatabase(config));
  if (!store) return [database];
  const [masterKey] = await check("master key", () => checkMasterKey(config, store));
  await store.close();
  if (masterKey.state === "failure") return [database, masterKey];
  const [opened, hub] = await check("hub", async () => ({ fact: "It opens.", value: await openHub(config) }));
  if (!hub) return [database, masterKey, opened];
  try {
    const [rotation] = await check("vault", () => checkVault(hub));
    return [database, masterKey, rotation, ...(await checkLedgers(hub)), ...(await checkIntegrations(hub))];
  } finally {
    await hub.close();
  }
}

async function checkDatabase({ home, server: { databaseUrl } }: Config) {
  if (!hasHub(databaseUrl)) return { fact: `There is no hub in ${home} yet.`, fix: 'Make one with "patchbay start".' };
  const value = await openStore(databaseUrl);
  return { fact: `${hidePassword(databaseUrl)} opens, and its schema is this version's.`, value };
}

async function checkMasterKey(config: Config, store: Store) {
  const masterKey = await findHubKey(config, store);
  await openVault({ store, masterKey });
  return { fact: `The key in ${masterKey.where} opens the vault.` };
}

/** Whether a rotation, of the data key or of the master key, was left half done. */
async function checkVault({ vault, masterKey }: Hub) {
  const { secrets, left } = await vault.status();
  if (left > 0) {
    const fact = `${left} of ${secrets} secrets are still sealed by an older data key: a rotation was interrupted.`;
    return { fact, fix: 'Finish it with "patchbay vault rotate".' };
  }
  if (masterKey.source !== "environment" && hasReplacement(masterKey.where)) {
    const fact = `A new master key waits beside ${masterKey.where}: its change was interrupted before it began.`;
    return { fact, fix: 'Make the change with "patchbay vault change-master-key".' };
  }
  return { fact: `One data key seals all ${secrets} secrets.` };
}

async function checkLedgers({ store, audit }: Hub): Promise<readonly Finding[]> {
  const workspaces = await store.db.selectFrom("workspaces").selectAll().orderBy("mode").execute();
  const checkLedger = async ({ id }: WorkspaceRow) => {
    const verdict = await audit.verify(id);
    if (verdict.ok) return { fact: `All ${verdict.entries} entries are as they were written.` };
    throw new HubError("conflict", `Entry ${verdict.brokenAt} is not as it was written: ${verdict.reason}.`, {
      hint: "Find out who can write to the database, and restore a backup to compare.",
    });
  };
  const found = workspaces.map((row) => check(`audit of ${row.name} (${row.mode})`, () => checkLedger(row)));
  return (await Promise.all(found)).map(([finding]) => finding);
}

async function checkIntegrations(hub: Hub): Promise<readonly Finding[]> {
  const { store, catalog, egress, credentialsOf, owner } = hub;
  const checkAccount = async (row: IntegrationRow) => {
    const account = await verifyAccount(egress, {
      connector: await catalog.connector(row.service),
      credentials: await credentialsOf(row),
      config: settingsOf(row),
      ...(await destinationOf(store, row)),
    });
    return { fact: account ? `It answers ${account.label}.` : "It can only be tried by using it." };
  };
  const rows = await listIntegrations(store.db, owner.workspaceId);
  const found = rows.map((row) =>
    check(`${row.service}:${row.label}`, () => checkAccount(row), {
      reconnect_required: `Connect it again, with a new credential: "patchbay connect ${row.service}".`,
    }),
  );
  return (await Promise.all(found)).map(([finding]) => finding);
}
