import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKey } from "../src/access/keys.ts";
import { BUILT_IN } from "../src/catalog/connectors.ts";
import { readConfig } from "../src/config.ts";
import { type Hub, openHub } from "../src/hub.ts";
import { newId } from "../src/store/ids.ts";
import type { Tables } from "../src/store/tables.ts";
import type { Env } from "./processes.ts";

/** A folder of data as a hub leaves it that has been in use. */
export interface Home {
  readonly env: Env;
  /** One of each profile. */
  readonly keys: readonly string[];
  remove(): void;
}

interface HomeSpec {
  /** Where the folder is made: on the disk that is measured. */
  readonly parent: string;
  /** Where the accounts of all services are reached. */
  readonly serviceUrl: string;
  /** `bench` is the connector beside this file; the others are those of the hub. */
  readonly services: readonly string[];
  /** Spread over the services in turn. */
  readonly integrations: number;
  /** Each is granted one account of every service. */
  readonly profiles: number;
  /** Where its rows are; a file in the folder when absent. */
  readonly databaseUrl?: string;
}

export const ALL_SERVICES: readonly string[] = Object.keys(BUILT_IN);
export const PROFILE = "profile-1";

const MASTER_KEY = "00".repeat(32);
const ROWS_PER_INSERT = 500;

/** Writes the rows directly, since ten thousand profiles would take minutes to make by hand. */
export async function makeHome(spec: HomeSpec): Promise<Home> {
  const folder = mkdtempSync(join(spec.parent, "home-"));
  const connectors = spec.services.includes("bench") ? [join(import.meta.dirname, "connector.ts")] : [];
  writeFileSync(join(folder, "mcp.config.json"), JSON.stringify({ connectors }));
  const env = {
    PATCHBAY_HOME: folder,
    PATCHBAY_MASTER_KEY: MASTER_KEY,
    PATCHBAY_LOG_LEVEL: "warn",
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1",
    ...(spec.databaseUrl !== undefined && { PATCHBAY_DATABASE_URL: spec.databaseUrl }),
  };
  const hub = await openHub(readConfig({ env }));
  const keys = await fill(hub, spec);
  await hub.close();
  return { env, keys, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function fill(hub: Hub, spec: HomeSpec): Promise<string[]> {
  const integrations = await addIntegrations(hub, spec);
  const profiles = Array.from({ length: spec.profiles }, (_, index) => describeProfile(hub, index + 1));
  const grants = profiles.flatMap(({ id }, index) =>
    spec.services.map((service) => {
      const accounts = integrations.filter((integration) => integration.service === service);
      return describeGrant(hub, id, accounts[index % accounts.length]?.id ?? "");
    }),
  );
  return hub.store.transaction(async (db) => {
    for (const rows of inChunks(profiles)) await db.insertInto("profiles").values(rows).execute();
    for (const rows of inChunks(grants)) await db.insertInto("grants").values(rows).execute();
    const keys: string[] = [];
    for (const { id: profileId } of profiles) {
      const { token } = await createKey(db, { workspaceId: hub.owner.workspaceId, mode: "live", profileId });
      keys.push(token);
    }
    return keys;
  });
}

const NOW = new Date().toISOString();

async function addIntegrations({ store, vault, owner }: Hub, spec: HomeSpec): Promise<Tables["integrations"][]> {
  const { workspaceId } = owner;
  const integrations = Array.from({ length: spec.integrations }, (_, index) => ({
    id: newId("integration"),
    workspace_id: workspaceId,
    service: spec.services[index % spec.services.length] ?? "",
    connector_version: "1.0.0",
    label: `account ${index + 1}`,
    account_id: String(index + 1),
    account_name: null,
    status: "active" as const,
    status_reason: null,
    base_url: spec.serviceUrl,
    config: "{}",
    connected_at: NOW,
    created_at: NOW,
    updated_at: NOW,
  }));
  await store.db.insertInto("integrations").values(integrations).execute();
  for (const { id } of integrations) {
    const address = { workspaceId, belongsTo: id, field: "BENCH_TOKEN" };
    const sealed = await vault.seal(address, "bench-token-0123456789");
    const row = { integration_id: id, workspace_id: workspaceId, field: address.field, sealed, updated_at: NOW };
    await store.db.insertInto("credentials").values(row).execute();
  }
  return integrations;
}

function describeProfile({ owner }: Hub, number: number): Tables["profiles"] {
  return {
    id: newId("profile"),
    workspace_id: owner.workspaceId,
    name: `profile-${number}`,
    notification_channels: "[]",
    created_at: NOW,
    runtime_integration_id: null,
  };
}

function describeGrant({ owner }: Hub, profileId: string, integrationId: string): Tables["grants"] {
  return {
    profile_id: profileId,
    integration_id: integrationId,
    workspace_id: owner.workspaceId,
    enabled: 1,
    paused: 0,
    policy: "{}",
    env: "[]",
    created_at: NOW,
    updated_at: NOW,
  };
}

function inChunks<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_PER_INSERT) }, (_, index) =>
    rows.slice(index * ROWS_PER_INSERT, (index + 1) * ROWS_PER_INSERT),
  );
}
