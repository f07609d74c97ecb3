import { setGrant } from "./access/grants.ts";
import { checkPolicy, Policy } from "./access/policy.ts";
import { createProfile, findProfile, listProfiles, setNotificationChannels } from "./access/profiles.ts";
import type { Config } from "./config.ts";
import type { Hub } from "./hub.ts";
import { connect } from "./integrations/connect.ts";
import { findIntegration } from "./integrations/integrations.ts";
import { setWorkspaceChannels } from "./notify/workspace-channels.ts";

/**
 * Brings the store to what the config file says: its integrations, profiles, grants and channels.
 *
 * Doing it again changes nothing, and what the file does not name is left alone.
 */
export async function applyConfig(hub: Hub): Promise<void> {
  const { config, owner } = hub;
  for (const integration of config.integrations) await connect(hub, { ...integration, ...owner });
  for (const [name, profile] of Object.entries(config.profiles)) await applyProfile(hub, name, profile);
  if (config.channels.length > 0) await setWorkspaceChannels(hub, owner.actor, owner.workspaceId, config.channels);
}

type ProfileConfig = Config["profiles"][string];

async function applyProfile(hub: Hub, name: string, { grants, notificationChannels }: ProfileConfig): Promise<void> {
  const { store, catalog, owner } = hub;
  const { workspaceId, actor } = owner;
  const known = await listProfiles(store.db, workspaceId);
  if (!known.some((profile) => profile.name === name)) await createProfile(store.db, workspaceId, name);
  const profile = await findProfile(store.db, workspaceId, name);
  if (JSON.stringify(notificationChannels) !== profile.notification_channels) {
    await setNotificationChannels(hub, actor, profile, notificationChannels);
  }
  for (const { integration, enabled, ...lists } of grants) {
    const row = await findIntegration(store.db, workspaceId, integration);
    const policy = Policy.parse(lists);
    const { operations } = await catalog.connector(row.service);
    checkPolicy(policy, row.service, Object.keys(operations));
    await setGrant(hub, actor, { workspaceId, profileId: profile.id, integrationId: row.id, enabled, policy });
  }
}
