import type { Transaction } from "kysely";
import * as z from "zod";
import type { Audit } from "../audit/open-audit.ts";
import type { Effect } from "../connector/operation.ts";
import { HubError } from "../errors.ts";
import type { Store } from "../store/open.ts";
import { prepare } from "../store/prepare.ts";
import { remember } from "../store/remember.ts";
import type { GrantRow, IntegrationRow, ProfileRow, Tables } from "../store/tables.ts";
import { endApprovals } from "./approvals.ts";
import { decide, Policy } from "./policy.ts";

/** Which profile has which integration. */
export interface GrantKey {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly integrationId: string;
}

export interface GrantChange extends GrantKey {
  /** Kept as it was when absent; a new grant is on. */
  readonly enabled?: boolean;
  readonly paused?: boolean;
  /** Replaces the old one, or makes the new from the old; kept as it was when absent. */
  readonly policy?: Policy | RevisePolicy;
}

/** Makes a policy from the one that stands, by the owner's switch; a grant that is new has an empty one. */
export type RevisePolicy = (old: Policy, state: "on" | "off" | "new") => Policy;

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
  // One at a time, so that none is made from a policy that another has just replaced.
  await store.engine.inOrder(db);
  const old = await db
    .selectFrom("grants")
    .selectAll()
    .where("profile_id", "=", change.profileId)
    .where("integration_id", "=", change.integrationId)
    .executeTakeFirst();
  const enabled = change.enabled ?? old?.enabled !== 0;
  const paused = change.paused ?? old?.paused === 1;
  const policy = typeof change.policy === "function" ? revise(change.policy, old) : change.policy;
  const next: GrantRow = {
    profile_id: change.profileId,
    integration_id: change.integrationId,
    workspace_id: change.workspaceId,
    enabled: enabled ? 1 : 0,
    paused: paused ? 1 : 0,
    policy: policy ? JSON.stringify(policy) : (old?.policy ?? "{}"),
    env: old?.env ?? "[]",
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
  if (!enabled) await endApprovals(db, keyOf(change));
  await store.changes.record(db, { workspace_id: change.workspaceId, profile_id: change.profileId });
  await audit.appendIn(db, {
    ...keyOf(change),
    action: "grant.set",
    actor,
    details: { enabled, paused, policy: next.policy },
  });
  return next;
}

function revise(make: RevisePolicy, old: GrantRow | undefined): Policy {
  return Policy.parse(old ? make(readPolicy(old.policy), old.enabled === 1 ? "on" : "off") : make({}, "new"));
}

/** Reads the policy of a grant's row. */
export function readPolicy(json: string): Policy {
  return Policy.parse(JSON.parse(json));
}

const Variables = z.array(z.string());

/** Reads the environment variables of a grant's row. */
export function readVariables(json: string): string[] {
  return Variables.parse(JSON.parse(json));
}

/** Lets an operation that asks run unasked from now on, as part of a larger change. Nothing else gets any freer. */
export async function allowAlways(
  ledger: Ledger,
  db: Transaction<Tables>,
  actor: string,
  grant: GrantKey,
  operation: { readonly name: string; readonly effect: Effect },
): Promise<void> {
  await putGrant(ledger, db, actor, {
    ...keyOf(grant),
    policy(old, state) {
      const decision = state === "new" ? "hidden" : decide(old, operation.name, operation.effect);
      if (decision === "allow") return old;
      if (decision === "ask") return { ...old, unasked: [...(old.unasked ?? []), operation.name] };
      throw new HubError("conflict", `The profile's grant no longer covers ${operation.name}.`, {
        hint: 'Look at it with "patchbay grants list PROFILE", and change it with "patchbay grants set".',
      });
    },
  });
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
    await endApprovals(db, grant);
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
  /** Environment variables by which child processes may be given its credential. */
  readonly variables: readonly string[];
}

/** All that a profile was given, as it stood when it was read. */
export interface Holdings {
  readonly profile: ProfileRow;
  /** By service, then by label. */
  readonly grants: readonly Granted[];
}

/** Answers what a profile holds, in time that grows with what it holds, and from memory until that changes. */
export function openHoldings(store: Store): (profileId: string) => Promise<Holdings> {
  const { db, changes } = store;
  const findProfile = prepare(db.selectFrom("profiles").selectAll().where("id", "=", ""));
  const findGranted = prepare(
    db
      .selectFrom("grants")
      // As the grant says rather than by a value: SQLite would look through all integrations of the workspace.
      .innerJoin("integrations", (join) =>
        join
          .onRef("integrations.id", "=", "grants.integration_id")
          .onRef("integrations.workspace_id", "=", "grants.workspace_id"),
      )
      .selectAll("integrations")
      .select(["grants.enabled", "grants.paused", "grants.policy", "grants.env"])
      .where("grants.profile_id", "=", "")
      .where("integrations.status", "!=", "disconnected")
      .orderBy("integrations.service")
      .orderBy("integrations.label"),
  );

  return remember(changes, async (profileId) => {
    const [[profile], rows] = await Promise.all([
      findProfile(db, profileId),
      findGranted(db, profileId, "disconnected"),
    ]);
    if (!profile) throw new HubError("not_found", `There is no profile ${profileId}.`);
    return { profile, grants: rows.map(readGranted) };
  });
}

function readGranted(row: IntegrationRow & Pick<GrantRow, "enabled" | "paused" | "policy" | "env">): Granted {
  const { enabled, paused, policy, env, ...integration } = row;
  return {
    integration,
    enabled: enabled === 1,
    paused: paused === 1,
    policy: readPolicy(policy),
    variables: readVariables(env),
  };
}

function keyOf({ workspaceId, profileId, integrationId }: GrantKey): GrantKey {
  return { workspaceId, profileId, integrationId };
}
