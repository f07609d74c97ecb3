import { HubError } from "../errors.ts";
import type { GrantKey, Ledger } from "./grants.ts";
import { readVariables } from "./grants.ts";

/**
 * Lets a grant's credential be given to child processes, under these names and those it had.
 *
 * A variable can hold one account's credential only: one that another grant of the profile gives is refused.
 */
export function allowVariables(ledger: Ledger, actor: string, grant: GrantKey, names: readonly string[]) {
  return changeVariables(ledger, actor, grant, "env.allow", (old) => [...new Set([...old, ...names])].toSorted());
}

/** Takes variables from a grant, or all that it has. */
export function denyVariables(ledger: Ledger, actor: string, grant: GrantKey, names?: readonly string[]) {
  return changeVariables(ledger, actor, grant, "env.deny", (old) =>
    names ? old.filter((name) => !names.includes(name)) : [],
  );
}

async function changeVariables(
  { store, audit }: Ledger,
  actor: string,
  grant: GrantKey,
  action: "env.allow" | "env.deny",
  change: (old: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  const variables = await store.transaction(async (db) => {
    // One at a time, so that two grants are never given one variable.
    await store.engine.inOrder(db);
    const all = await db
      .selectFrom("grants")
      .select(["integration_id", "env"])
      .where("workspace_id", "=", grant.workspaceId)
      .where("profile_id", "=", grant.profileId)
      .execute();
    const own = all.find((row) => row.integration_id === grant.integrationId);
    if (!own) {
      throw new HubError("not_found", "The profile has no grant for that integration.", {
        hint: 'Give it one with "patchbay grants set PROFILE INTEGRATION".',
      });
    }
    const next = change(readVariables(own.env));
    const taken = all.filter((row) => row !== own).flatMap((row) => readVariables(row.env));
    const twice = next.find((name) => taken.includes(name));
    if (twice !== undefined) {
      throw new HubError("conflict", `${twice} is given by another of the profile's grants.`, {
        hint: 'See which with "patchbay env list PROFILE", and take it from there with "patchbay env deny".',
      });
    }
    await db
      .updateTable("grants")
      .set({ env: JSON.stringify(next), updated_at: new Date().toISOString() })
      .where("workspace_id", "=", grant.workspaceId)
      .where("profile_id", "=", grant.profileId)
      .where("integration_id", "=", grant.integrationId)
      .execute();
    await store.changes.record(db, { workspace_id: grant.workspaceId, profile_id: grant.profileId });
    await audit.appendIn(db, { ...grant, action, actor, details: { variables: next.join(" ") } });
    return next;
  });
  await store.changes.catchUp();
  return variables;
}
