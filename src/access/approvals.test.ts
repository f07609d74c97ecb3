import { expect, test } from "vitest";
import { onEachStore, type TestDatabase } from "#testing";
import { newId } from "../store/ids.ts";
import type { Store } from "../store/open.ts";
import { type ApprovalState, claimApproval, decideApproval, type NamedApproval } from "./approvals.ts";
import { pageApprovals } from "./page-decisions.ts";
import { createProfile } from "./profiles.ts";
import { ensureWorkspace } from "./workspaces.ts";

/** A store with a profile and an integration, and a call of theirs that needs approval. */
async function arrange(database: TestDatabase) {
  const store = await database.open();
  const workspaceId = (await ensureWorkspace(store, "default", "live")).id;
  const profileId = (await createProfile(store.db, workspaceId, "coder")).id;
  const integrationId = await insertIntegration(store, workspaceId);
  const subject = {
    workspaceId,
    profileId,
    integrationId,
    operation: "github.merge_pull_request",
    argumentsDigest: "digest",
    argumentsPreview: "{}",
  };
  return { store, workspaceId, subject };
}

async function list(store: Store, workspaceId: string, status?: ApprovalState): Promise<readonly NamedApproval[]> {
  return (await pageApprovals(store.db, workspaceId, { profileId: null, status }, { limit: 50 })).data;
}

async function insertIntegration(store: Store, workspaceId: string): Promise<string> {
  const id = newId("integration");
  const at = new Date().toISOString();
  await store.db
    .insertInto("integrations")
    .values({
      id,
      workspace_id: workspaceId,
      service: "github",
      connector_version: "1.0.0",
      label: "octocat",
      account_id: "1",
      status: "active",
      status_reason: null,
      base_url: null,
      config: "{}",
      connected_at: at,
      created_at: at,
      updated_at: at,
    })
    .execute();
  return id;
}

await onEachStore((makeDatabase) => {
  test("a call waits until it is approved, then runs once", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());

    const asked = await claimApproval(store, subject);
    const askedAgain = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "approved");
    const used = await claimApproval(store, subject);
    const afterwards = await claimApproval(store, subject);

    expect(asked).toMatchObject({ status: "pending", isNew: true });
    expect(askedAgain).toMatchObject({ status: "pending", isNew: false, approval: asked.approval });
    expect(used).toEqual({ status: "approved", approval: asked.approval, by: "owner" });
    expect(afterwards).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval is for exactly one call's arguments", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const asked = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "approved");

    const other = await claimApproval(store, { ...subject, argumentsDigest: "another" });

    expect(other).toMatchObject({ status: "pending", isNew: true });
  });

  test("a denial is told once", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const asked = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, asked.approval, "denied");

    expect(await claimApproval(store, subject)).toEqual({ status: "denied", approval: asked.approval, by: "owner" });
    expect(await claimApproval(store, subject)).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval that has expired neither runs nor can be decided", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const longAgo = new Date("2026-01-01T00:00:00Z");
    const asked = await claimApproval(store, subject, { now: longAgo });

    await expect(decideApproval(store.db, workspaceId, asked.approval, "approved")).rejects.toMatchObject({
      code: "conflict",
      message: `The approval ${asked.approval} has expired.`,
    });
    expect(await claimApproval(store, subject)).toMatchObject({ status: "pending", isNew: true });
  });

  test("an approval is decided once, and only in its own workspace", async () => {
    const { store, workspaceId, subject } = await arrange(await makeDatabase());
    const { approval } = await claimApproval(store, subject);
    const elsewhere = (await ensureWorkspace(store, "other", "live")).id;

    await expect(decideApproval(store.db, elsewhere, approval, "approved")).rejects.toMatchObject({
      code: "not_found",
    });
    await decideApproval(store.db, workspaceId, approval, "denied");
    await expect(decideApproval(store.db, workspaceId, approval, "approved")).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("of twenty equal calls on two stores at once, one uses the approval", async () => {
    const database = await makeDatabase();
    const { store, workspaceId, subject } = await arrange(database);
    const other = await database.open();
    const { approval } = await claimApproval(store, subject);
    await decideApproval(store.db, workspaceId, approval, "approved");

    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claimApproval(index % 2 === 0 ? store : other, subject)),
    );

    expect(claims.filter(({ status }) => status === "approved")).toHaveLength(1);
    expect(await list(store, workspaceId, "pending")).toHaveLength(1);
  });
});
