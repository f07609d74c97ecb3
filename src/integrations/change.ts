import type { Transaction } from "kysely";
import type { Connector } from "../connector/connector.ts";
import { type ErrorCode, HubError } from "../errors.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import { checkLabel, checkSameAccount, type ConnectParts, parseConfig } from "./connect.ts";
import { type Candidate, checkCredentials, checkShape, credentialFields, type Credentials } from "./credentials.ts";
import { destinationOf, findIntegration, listIntegrations, settingsOf, type Settings } from "./integrations.ts";
import type { OpenCredentials } from "./open-credentials.ts";
import { addSealed, putCredentials, sealCredentials } from "./sealed-credentials.ts";
import { verifyAccount } from "./verify.ts";

interface VerifyParts extends ConnectParts {
  readonly lend: OpenCredentials["lend"];
}

interface Change {
  readonly label?: string;
  /** Only the settings that change; null takes one away. */
  readonly config?: Settings;
}

/** Changes an integration's label or settings. Where it is and whose it is only a new connection can change. */
export async function changeIntegration(
  parts: ConnectParts,
  actor: string,
  row: IntegrationRow,
  change: Change,
): Promise<IntegrationRow> {
  const connector = await parts.catalog.connector(row.service);
  const { label = row.label } = change;
  const details = { label, settings: Object.keys(change.config ?? {}).join(" ") };
  return write(parts, actor, row, { action: "integration.change", details }, async (db, current) => {
    checkLabel(connector, await listIntegrations(db, row.workspace_id), label, row.id);
    const merged = Object.entries({ ...settingsOf(current), ...change.config }).filter(([, value]) => value !== null);
    return { label, config: JSON.stringify(parseConfig(connector, Object.fromEntries(merged))) };
  });
}

/**
 * Puts new credentials in the place of an integration's old ones, after asking the service whose they are.
 *
 * Those of another account are refused: its grants were given for this one.
 */
export async function replaceCredentials(
  parts: ConnectParts,
  actor: string,
  row: IntegrationRow,
  credentials: Credentials,
): Promise<IntegrationRow> {
  const connector = await parts.catalog.connector(row.service);
  const candidate = await candidateOf(parts, connector, row, credentials);
  checkCredentials(candidate);
  const account = await verifyAccount(parts.egress, candidate);
  checkSameAccount(connector, row, account);
  const sealed = await sealCredentials(parts.vault, row, credentials);
  return write(parts, actor, row, { action: "credentials.set" }, async (db) => {
    await putCredentials(db, row, sealed);
    return {
      status: "active",
      status_reason: null,
      account_id: account?.id ?? row.account_id,
      account_name: account?.label ?? row.account_name,
      connected_at: new Date().toISOString(),
    };
  });
}

/**
 * Adds the credentials by which an integration hears, such as the secret that checks webhooks, to those that it has.
 *
 * Whose the others are the service would have to be asked: they take the place of all at once.
 */
export async function addCredentials(
  parts: ConnectParts,
  actor: string,
  row: IntegrationRow,
  credentials: Credentials,
): Promise<IntegrationRow> {
  const connector = await parts.catalog.connector(row.service);
  const heard = [connector.inbound?.signature.secret, connector.inbound?.socket?.credential];
  const fields = credentialFields(connector).filter(({ env, optional }) => optional === true && heard.includes(env));
  const names = fields.map(({ env }) => env);
  const other = Object.keys(credentials).find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new HubError("invalid_input", `${other} can't be added to an account of ${connector.name}.`, {
      hint: `What can be added is ${names.join(", ") || "nothing"}; "credentials set" replaces all.`,
    });
  }
  for (const field of fields) checkShape(connector.name, field, credentials[field.env]);
  const sealed = await sealCredentials(parts.vault, row, credentials);
  return write(
    parts,
    actor,
    row,
    { action: "credentials.add", details: { fields: Object.keys(credentials).join(" ") } },
    async (db) => {
      await addSealed(db, row, sealed);
      return {};
    },
  );
}

/** Takes an integration's credentials away; what it was granted to stays, without effect until it has new ones. */
export function removeCredentials(parts: ConnectParts, actor: string, row: IntegrationRow): Promise<IntegrationRow> {
  return write(parts, actor, row, { action: "credentials.delete" }, async (db) => {
    await putCredentials(db, row, []);
    return { status: "pending", status_reason: null };
  });
}

/**
 * Asks the service whether an integration's credentials are still good, and keeps the answer as its status.
 *
 * A service that can't be asked right now says nothing about them: that is thrown.
 */
export async function verifyIntegration(
  parts: VerifyParts,
  actor: string,
  row: IntegrationRow,
): Promise<IntegrationRow> {
  if (row.status === "pending") {
    throw new HubError("conflict", `${row.service}:${row.label} has no credentials.`, { hint: "Set them first." });
  }
  const connector = await parts.catalog.connector(row.service);
  const reason = await findFault(parts, connector, row);
  const status = reason === null ? "active" : "error";
  const record = { action: "integration.verify", details: { status } };
  return write(parts, actor, row, record, async (_, current) => {
    // What was found out is about the credentials that the service was asked about.
    const isSame = current.updated_at === row.updated_at;
    return isSame ? { status, status_reason: reason } : {};
  });
}

async function findFault(parts: VerifyParts, connector: Connector, row: IntegrationRow): Promise<string | null> {
  const ask = async (credentials: Credentials) =>
    verifyAccount(parts.egress, await candidateOf(parts, connector, row, credentials));
  try {
    // What is taken for broken is asked about all the same: its service may have been wrong, or the owner's app.
    const loan = await parts.lend({ ...row, status: "active" });
    await ask(loan.credentials).catch(async (error: unknown) => {
      const newer = isRefusal(error, "reconnect_required") ? await loan.renew() : undefined;
      if (!newer) throw error;
      await ask(newer);
    });
    return null;
  } catch (error) {
    if (isRefusal(error, "reconnect_required", "service_rejected")) return error.message;
    throw error;
  }
}

function isRefusal(error: unknown, ...codes: readonly ErrorCode[]): error is HubError {
  return error instanceof HubError && codes.includes(error.code);
}

async function candidateOf(
  { store }: Pick<ConnectParts, "store">,
  connector: Connector,
  row: IntegrationRow,
  credentials: Credentials,
): Promise<Candidate> {
  return { ...(await destinationOf(store, row)), connector, credentials, config: settingsOf(row) };
}

/** Writes what changed of an integration that is still there, with its record, and tells every client. */
async function write(
  { store, audit }: ConnectParts,
  actor: string,
  { id, workspace_id, service }: IntegrationRow,
  record: { readonly action: string; readonly details?: Readonly<Record<string, string>> },
  change: (db: Transaction<Tables>, current: IntegrationRow) => Promise<Partial<IntegrationRow>>,
): Promise<IntegrationRow> {
  const written = await store.transaction(async (db) => {
    // One at a time, so that two changes of the settings are both kept.
    await store.engine.inOrder(db);
    const changes = await change(db, await findIntegration(db, workspace_id, id));
    const row = await db
      .updateTable("integrations")
      .set({ ...changes, updated_at: new Date().toISOString() })
      .where("workspace_id", "=", workspace_id)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await store.changes.record(db, { workspace_id, profile_id: null });
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor,
      integrationId: id,
      action: record.action,
      details: { service, ...record.details },
    });
    return row;
  });
  await store.changes.catchUp();
  return written;
}
