import { setGrant } from "./access/grants.ts";
import { checkPolicy, Policy } from "./access/policy.ts";
import { addProfile, findProfile, listProfiles, setNotificationChannels } from "./access/profiles.ts";
import type { Config } from "./config.ts";
import { HubError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import { connect } from "./integrations/connect.ts";
import { findIntegration, listIntegrations } from "./integrations/integrations.ts";
import { setWorkspaceChannels } from "./notify/workspace-channels.ts";

/**
 * Brings the store to what the config file says: its integrations, profiles, grants and channels.
 *
 * Doing it again changes nothing, and what the file does not name is left alone. Replicas do it one after the other.
 */
export async function applyConfig(hub: Hub): Promise<void> {
  const { config, owner, store } = hub;
  await store.engine.alone(async () => {
    for (const integration of config.integrations) await applyIntegration(hub, integration);
    for (const [name, profile] of Object.entries(config.profiles)) await applyProfile(hub, name, profile);
    if (config.channels.length > 0) await setWorkspaceChannels(hub, owner.actor, owner.workspaceId, config.channels);
  });
}

type IntegrationConfig = Config["integrations"][number];

/** A service that can't be asked right now does not keep the hub from starting. */
async function applyIntegration(hub: Hub, integration: IntegrationConfig): Promise<void> {
  if (await isConnectedAlready(hub, integration)) return;
  try {
    const { baseUrl = null, config = {} } = integration;
    await connect(hub, { ...integration, ...hub.owner, baseUrl, config });
  } catch (error) {
    if (!(error instanceof HubError && error.retryable)) throw error;
    hub.log.warn(`${integration.service} could not be connected.`, {}, error);
  }
}

async function isConnectedAlready(hub: Hub, { service, label, baseUrl, config = {}, credentials }: IntegrationConfig) {
  const rows = await listIntegrations(hub.store.db, hub.owner.workspaceId, service);
  const row = rows.find((known) => label === undefined || known.label === label);
  if (!row || (row.base_url ?? undefined) !== baseUrl || row.config !== JSON.stringify(config)) return false;
  return haveSameFields(await hub.credentialsOf(row), credentials);
}

function haveSameFields(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

type ProfileConfig = Config["profiles"][string];

async function applyProfile(hub: Hub, name: string, { grants, notificationChannels }: ProfileConfig): Promise<void> {
  const { store, catalog, owner } = hub;
  const { workspaceId, actor } = owner;
  const known = await listProfiles(store.db, workspaceId);
  if (!known.some((profile) => profile.name === name)) {
    await store.transaction((db) => addProfile(hub, db, owner, name));
  }
  const profile = await findProfile(store.db, workspaceId, name);
  const channels = JSON.stringify(notificationChannels);
  if (notificationChannels.length > 0 && channels !== profile.notification_channels) {
    await setNotificationChannels(hub, actor, profile, notificationChannels);
  }
  for (const { integration, enabled, askWhom, ...lists } of grants) {
    const row = await findIntegration(store.db, workspaceId, integration);
    const named = Policy.parse({ ...lists, ...(askWhom && { ask_whom: askWhom }) });
    const { operations } = await catalog.connector(row.service);
    checkPolicy(named, row.service, Object.keys(operations));
    await setGrant(hub, actor, {
      workspaceId,
      profileId: profile.id,
      integrationId: row.id,
      ...(enabled !== undefined && { enabled }),
      policy: (old) => namePolicy(old, named),
    });
  }
}

/**
 * A grant's policy with what the file names of it in the place of what it was.
 *
 * What an owner allowed for good stays allowed at every start, until the file has something else ask than it did.
 */
function namePolicy({ unasked, ...old }: Policy, named: Policy): Policy {
  const asksAnew = named.ask !== undefined && JSON.stringify(named.ask) !== JSON.stringify(old.ask);
  return { ...old, ...(unasked && !asksAnew && { unasked }), ...named };
}
