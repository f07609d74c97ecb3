import type { Transaction } from "kysely";
import type { Audit } from "../audit/open-audit.ts";
import { HubError } from "../errors.ts";
import type { Store } from "../store/open.ts";
import { remember } from "../store/remember.ts";
import type { GrantRow, IntegrationRow, ProfileRow, Tables } from "../store/tables.ts";
import { Policy } from "./policy.ts";

interface GrantKey {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly integrationId: string;
}

export interface GrantChange extends GrantKey {
  /** Kept as it was when absent; a new grant is on. */
  readonly enabled?: boolean;
  readonly paused?: boolean;
  /** Replaces the old one; kept as it was when absent. */
  readonly policy?: Policy;
}

/** What a change of access is written with. */
export interface Ledger {
  readonly store: Store;
  readonly audit: Audit;
}

/** Gives a profile an integration, or changes how it has it. Every listening client hears of it within a second. */
export async function setGrant(ledger: Ledger, actor: string, change: GrantChange): Promise<GrantRow> {
  const row = await ledger.store.transaction((db) => putGrant(ledger, db, actor, change));
  await ledger.store.changes.catchUp();
  return row;
}

/** `setGrant` as part of a larger change; the caller calls `changes.catchUp` after its commit. */
export async function putGrant(
  { store, audit }: Ledger,
  db: Transaction<Tables>,
  actor: string,
  change: GrantChange,
): Promise<GrantRow> {
  const now = new Date().toISOString();
  const old = await db
    .selectFrom("grants")
    .selectAll()
    .where("profile_id", "=", change.profileId)
    .where("integration_id", "=", change.integrationId)
    .executeTakeFirst();
  const enabled = change.enabled ?? old?.enabled !== 0;
  const paused = change.paused ?? old?.paused === 1;
  const next: GrantRow = {
    profile_id: change.profileId,
    integration_id: change.integrationId,
    workspace_id: change.workspaceId,
    enabled: enabled ? 1 : 0,
    paused: paused ? 1 : 0,
    policy: change.policy ? JSON.stringify(change.policy) : (old?.policy ?? "{}"),
    created_at: old?.created_at ?? now,
    updated_at: now,
  };
  if (old && old.enabled === next.enabled && old.paused === next.paused && old.policy === next.policy) return old;
  await db
    .insertInto("grants")
    .values(next)
    .onConflict((conflict) =>
      conflict
        .columns(["profile_id", "integration_id"])
        .doUpdateSet({ enabled: next.enabled, paused: next.paused, policy: next.policy, updated_at: now }),
    )
    .execute();
  await store.changes.record(db, { workspace_id: change.workspaceId, profile_id: change.profileId });
  await audit.appendIn(db, {
    ...keyOf(change),
    action: "grant.set",
    actor,
    details: { enabled, paused, policy: next.policy },
  });
  return next;
}

/** Takes an integration from a profile. */
export async function deleteGrant({ store, audit }: Ledger, actor: string, grant: GrantKey): Promise<void> {
  await store.transaction(async (db) => {
    const { numDeletedRows } = await db
      .deleteFrom("grants")
      .where("workspace_id", "=", grant.workspaceId)
      .where("profile_id", "=", grant.profileId)
      .where("integration_id", "=", grant.integrationId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) {
      throw new HubError("not_found", "The profile has no grant for that integration.", {
        hint: 'List its grants with "patchbay grants list PROFILE".',
      });
    }
    await store.changes.record(db, { workspace_id: grant.workspaceId, profile_id: grant.profileId });
    await audit.appendIn(db, { ...grant, action: "grant.delete", actor });
  });
  await store.changes.catchUp();
}

/** A grant with the integration it is for. */
export interface Granted {
  readonly integration: IntegrationRow;
  readonly enabled: boolean;
  readonly paused: boolean;
  readonly policy: Policy;
}

/** All that a profile was given, as it stood when it was read. */
export interface Holdings {
  readonly profile: ProfileRow;
  /** By service, then by label. */
  readonly grants: readonly Granted[];
}

/** Answers what a profile holds, in time that grows with what it holds, and from memory until that changes. */
export function openHoldings(store: Store): (profileId: string) => Promise<Holdings> {
  return remember(store.changes, (profileId) => readHoldings(store, profileId));
}

async function readHoldings(store: Store, profileId: string): Promise<Holdings> {
  const profile = await store.db.selectFrom("profiles").selectAll().where("id", "=", profileId).executeTakeFirst();
  if (!profile) throw new HubError("not_found", `There is no profile ${profileId}.`);
  const rows = await store.db
    .selectFrom("grants")
    .innerJoin("integrations", "integrations.id", "grants.integration_id")
    .selectAll("integrations")
    .select(["grants.enabled", "grants.paused", "grants.policy"])
    .where("grants.profile_id", "=", profileId)
    .where("integrations.workspace_id", "=", profile.workspace_id)
    .where("integrations.status", "!=", "disconnected")
    .orderBy("integrations.service")
    .orderBy("integrations.label")
    .execute();
  const grants = rows.map(({ enabled, paused, policy, ...integration }) => ({
    integration,
    enabled: enabled === 1,
    paused: paused === 1,
    policy: Policy.parse(JSON.parse(policy)),
  }));
  return { profile, grants };
}

function keyOf({ workspaceId, profileId, integrationId }: GrantKey): GrantKey {
  return { workspaceId, profileId, integrationId };
}
