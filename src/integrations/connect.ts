import type { Transaction } from "kysely";
import * as z from "zod";
import type { Ledger } from "../access/grants.ts";
import { fulfilRequest, listRequests } from "../access/requests.ts";
import { modeOf } from "../access/workspaces.ts";
import type { Catalog } from "../catalog/open-catalog.ts";
import type { Account, Connector } from "../connector/connector.ts";
import type { Egress } from "../egress/open-egress.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import type { Vault } from "../vault/open-vault.ts";
import { checkCompany } from "./company.ts";
import { checkCredentials, type Credentials } from "./credentials.ts";
import { isSameLabel, listIntegrations, settingsOf, type Settings } from "./integrations.ts";
import { putCredentials, sealCredentials } from "./sealed-credentials.ts";
import { verifyAccount } from "./verify.ts";

export interface ConnectParts extends Ledger {
  readonly catalog: Catalog;
  readonly vault: Vault;
  readonly egress: Egress;
}

export interface ConnectSpec {
  readonly workspaceId: string;
  readonly actor: string;
  readonly service: string;
  /** Of the connector, where the caller relies on one; refused where it is another. */
  readonly version?: string;
  readonly credentials: Credentials;
  readonly label?: string;
  /** Null for the service's own; that of the integration which gets the credentials when absent. */
  readonly baseUrl?: string | null;
  /** Likewise. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface Connected {
  readonly integration: IntegrationRow;
  /** False where one that was there got new credentials. */
  readonly isNew: boolean;
  /** Ids of the profiles that had asked for the service and now have it. */
  readonly grantedTo: readonly string[];
}

/**
 * Connects an account: checks what was given, asks the service whose it is, then stores everything at once.
 *
 * The integration that has the label, or else the account that is connected already, gets the new credentials and keeps what
 * is not given anew. Every profile that asked for the service is granted it.
 */
export async function connect(parts: ConnectParts, spec: ConnectSpec): Promise<Connected> {
  const connector = await parts.catalog.connector(spec.service);
  checkVersion(connector, spec.version);
  const siblings = await listIntegrations(parts.store.db, spec.workspaceId);
  const named = findLabelled(siblings, spec.service, spec.label);
  const { baseUrl, config } = settle(connector, spec, named);
  const { credentials } = spec;
  const candidate = {
    mode: await modeOf(parts.store, spec.workspaceId),
    connector,
    config,
    credentials,
    ...(baseUrl !== undefined && { baseUrl }),
  };
  checkCredentials(candidate);
  await checkCompany(parts.catalog, connector, siblings);

  const account = await verifyAccount(parts.egress, candidate);

  const old = named ?? findConnected(siblings, spec, { connector, baseUrl, account });
  if (old) checkSameAccount(connector, old, account);
  return storeConnection(parts, spec, { connector, credentials, ...settle(connector, spec, old), account, old });
}

/** What is known of an account once its service has been asked. */
export interface Findings {
  readonly connector: Connector;
  readonly credentials: Credentials;
  readonly config: Settings;
  readonly baseUrl: string | undefined;
  readonly account: Account | undefined;
  /** The integration that the account gets, where it is not a new one. */
  readonly old: IntegrationRow | undefined;
}

type Origin = Pick<ConnectSpec, "workspaceId" | "actor" | "label">;

/**
 * Stores a connection and grants it to whoever waits for it, all at once and together with what `also` does, which gives
 * the profiles that it grants it to.
 */
export async function storeConnection(
  parts: ConnectParts,
  origin: Origin,
  findings: Findings,
  also?: (db: Transaction<Tables>, integration: IntegrationRow) => Promise<readonly string[]>,
): Promise<Connected> {
  const { workspaceId, actor } = origin;
  const { connector, old, credentials } = findings;
  const integration = describeIntegration(origin, findings);
  const sealed = await sealCredentials(parts.vault, integration, credentials);
  const grantedTo = await parts.store.transaction(async (db) => {
    await checkPlace(parts, db, connector, integration);
    await putIntegration(db, integration);
    await putCredentials(db, integration, sealed);
    const others = (await also?.(db, integration)) ?? [];
    await parts.store.changes.record(db, { workspace_id: workspaceId, profile_id: null });
    await parts.audit.appendIn(db, {
      workspaceId,
      action: old ? "integration.reconnect" : "integration.connect",
      actor,
      integrationId: integration.id,
      details: { service: integration.service, label: integration.label },
    });
    const waiting = await grantWaiting(parts, db, { workspaceId, actor, service: integration.service }, integration);
    return [...others, ...waiting];
  });
  await parts.store.changes.catchUp();
  return { integration, isNew: !old, grantedTo };
}

/** Checks once more, one connection at a time: others may have been made while the service was asked. */
async function checkPlace(
  { store, catalog }: ConnectParts,
  db: Transaction<Tables>,
  connector: Connector,
  { id, workspace_id, label }: IntegrationRow,
): Promise<void> {
  await store.engine.inOrder(db);
  const connected = await listIntegrations(db, workspace_id);
  await checkCompany(catalog, connector, connected);
  checkLabel(connector, connected, label, id);
}

/** Refuses another version of the connector than the one that is here. */
export function checkVersion({ name, version }: Connector, wanted: string | undefined): void {
  if (wanted === undefined || wanted === version) return;
  throw new HubError("invalid_input", `Version ${wanted} of the ${name} connector is not available.`, {
    hint: `Ask for ${version}, or for none in particular.`,
  });
}

/** Refuses settings that the connector does not know or can't use. A text may stand for what is no text, as JSON. */
export function parseConfig(connector: Connector, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const schema = (connector.config ?? z.object({})).strict();
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const refused = new Set(parsed.error.issues.map(({ path }) => path[0]));
  const settings = Object.entries(given).map(([name, value]) => [name, refused.has(name) ? readJson(value) : value]);
  const reread = schema.safeParse(Object.fromEntries(settings));
  if (reread.success) return reread.data;
  const [issue] = parsed.error.issues;
  const wrong = issue?.code === "unrecognized_keys" ? issue.keys : issue?.path;
  const names = Object.keys(connector.config?.shape ?? {});
  throw new HubError(
    "invalid_input",
    `The settings of ${connector.name} are wrong at "${wrong?.join(".")}": ${issue?.message}.`,
    { hint: names.length > 0 ? `It has the settings ${names.join(", ")}.` : "It has no settings." },
  );
}

function readJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** An address as it is stored, without a slash at its end. */
export function parseBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.hash === "") return text.replace(/\/+$/, "");
  throw new HubError("invalid_input", "The base URL is not an http or https address.", {
    hint: "Give it as in --base-url https://github.example.com/api/v3, without a user name.",
  });
}

/** Refuses the credentials of another account: grants were given for this one. */
export function checkSameAccount({ name }: Connector, row: IntegrationRow, account: Account | undefined): void {
  if (row.account_id === null || account?.id === undefined || account.id === row.account_id) return;
  throw new HubError("conflict", `The credentials are those of ${account.label}, not of ${row.label}.`, {
    hint: `Connect ${account.label} as another account of ${name}, with a label of its own, or disconnect ${row.label} first.`,
  });
}

/** The integration that has a label that was asked for. */
export function findLabelled(
  siblings: readonly IntegrationRow[],
  service: string,
  wanted: string | undefined,
): IntegrationRow | undefined {
  if (wanted === undefined) return undefined;
  return siblings.find((row) => row.service === service && isSameLabel(row.label, wanted));
}

/** The integration that an account already has, unless another label makes it a new one. Elsewhere the same id is another's. */
export function findConnected(
  siblings: readonly IntegrationRow[],
  { label }: Pick<ConnectSpec, "label">,
  { connector, baseUrl = connector.baseUrl, account }: Pick<Findings, "connector" | "baseUrl" | "account">,
): IntegrationRow | undefined {
  if (label !== undefined || account?.id === undefined) return undefined;
  return siblings.find(
    (row) =>
      row.service === connector.id && row.account_id === account.id && (row.base_url ?? connector.baseUrl) === baseUrl,
  );
}

/** Where an integration is to be and how it is set: as it is told, or else as it was. */
export function settle(
  connector: Connector,
  { baseUrl, config }: Pick<ConnectSpec, "baseUrl" | "config">,
  old: IntegrationRow | undefined,
): Pick<Findings, "baseUrl" | "config"> {
  const told = typeof baseUrl === "string" ? parseBaseUrl(baseUrl) : baseUrl;
  return {
    baseUrl: (told === undefined ? old?.base_url : told) ?? undefined,
    config: parseConfig(connector, config ?? (old ? settingsOf(old) : {})),
  };
}

function describeIntegration(origin: Origin, findings: Findings): IntegrationRow {
  const { connector, config, baseUrl, account, old } = findings;
  const label = origin.label ?? old?.label ?? account?.label ?? connector.name;
  const now = new Date().toISOString();
  return {
    id: old?.id ?? newId("integration"),
    workspace_id: origin.workspaceId,
    service: connector.id,
    connector_version: connector.version,
    label,
    account_id: account?.id ?? null,
    account_name: account?.label ?? null,
    status: "active",
    status_reason: null,
    base_url: baseUrl ?? null,
    config: JSON.stringify(config),
    connected_at: now,
    created_at: old?.created_at ?? now,
    updated_at: now,
  };
}

/** Refuses a label by which another account of the service goes already. */
export function checkLabel(
  connector: Connector,
  siblings: readonly IntegrationRow[],
  label: string,
  ownId: string,
): void {
  const others = siblings.filter(({ id, service }) => service === connector.id && id !== ownId);
  const taken = others.find((row) => isSameLabel(row.label, label));
  if (!taken) return;
  throw new HubError("conflict", `Another account of ${connector.name} is already labelled ${taken.label}.`, {
    hint: "Tell them apart by another label.",
  });
}

async function putIntegration(db: Transaction<Tables>, row: IntegrationRow): Promise<void> {
  const { id: _, created_at: __, ...changed } = row;
  await db
    .insertInto("integrations")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(changed))
    .execute();
}

/** Fulfils requests until there are none; those for the whole service first, since they answer all others. */
async function grantWaiting(
  parts: ConnectParts,
  db: Transaction<Tables>,
  { workspaceId, service, actor }: Pick<ConnectSpec, "workspaceId" | "service" | "actor">,
  integration: IntegrationRow,
): Promise<string[]> {
  const { operations: effects } = await parts.catalog.connector(service);
  const grantedTo = new Set<string>();
  for (;;) {
    const waiting = await listRequests(db, workspaceId, { service, status: "pending" });
    const request = waiting.find(({ operations }) => operations === null) ?? waiting.at(-1);
    if (!request) return [...grantedTo];
    await fulfilRequest(parts, db, actor, { request, integrationId: integration.id, effects });
    grantedTo.add(request.profile_id);
  }
}
