import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { ApprovalRow } from "../store/tables.ts";

/** The one call that an approval is for. */
export interface ApprovalSubject {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly integrationId: string;
  readonly operation: string;
  readonly argumentsDigest: string;
  /** What the owner is shown. */
  readonly argumentsPreview: string;
}

const LIFETIME_MS = 24 * 60 * 60 * 1000;

export type ApprovalClaim =
  | { readonly status: "approved"; readonly approval: string }
  | { readonly status: "pending"; readonly approval: string; readonly expiresAt: string; readonly isNew: boolean }
  | { readonly status: "denied"; readonly approval: string };

/**
 * Uses up an approval of exactly this call, or asks for one.
 *
 * A denial is told once; the same call made again after that asks anew.
 */
export async function claimApproval(store: Store, subject: ApprovalSubject, now = new Date()): Promise<ApprovalClaim> {
  const at = now.toISOString();
  return store.transaction(async (db) => {
    // One at a time, so that two equal calls neither use one approval twice nor ask twice.
    await store.engine.inOrder(db);
    const standing = await db
      .selectFrom("approvals")
      .selectAll()
      .where("profile_id", "=", subject.profileId)
      .where("integration_id", "=", subject.integrationId)
      .where("operation", "=", subject.operation)
      .where("arguments_digest", "=", subject.argumentsDigest)
      .where("status", "!=", "used")
      .where("expires_at", ">", at)
      .orderBy("created_at", "desc")
      .limit(1)
      .executeTakeFirst();
    if (standing?.status === "pending") {
      return { status: "pending", approval: standing.id, expiresAt: standing.expires_at, isNew: false };
    }
    if (standing?.status === "approved" || standing?.status === "denied") {
      await db.updateTable("approvals").set({ status: "used" }).where("id", "=", standing.id).execute();
      return { status: standing.status, approval: standing.id };
    }
    const expiresAt = new Date(now.getTime() + LIFETIME_MS).toISOString();
    const id = newId("approval");
    await db
      .insertInto("approvals")
      .values({
        id,
        workspace_id: subject.workspaceId,
        profile_id: subject.profileId,
        integration_id: subject.integrationId,
        operation: subject.operation,
        arguments_digest: subject.argumentsDigest,
        arguments_preview: subject.argumentsPreview,
        status: "pending",
        created_at: at,
        expires_at: expiresAt,
        decided_at: null,
      })
      .execute();
    return { status: "pending", approval: id, expiresAt, isNew: true };
  });
}

/** Decides an approval once; `conflict` where it was decided, used or has expired. */
export async function decideApproval(
  db: Db,
  workspaceId: string,
  id: string,
  status: "approved" | "denied",
  now = new Date(),
): Promise<ApprovalRow> {
  const at = now.toISOString();
  const decided = await db
    .updateTable("approvals")
    .set({ status, decided_at: at })
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where("expires_at", ">", at)
    .returningAll()
    .executeTakeFirst();
  if (decided) return decided;

  const found = await findApproval(db, workspaceId, id);
  const state = found.status === "pending" ? "has expired" : `was already ${found.status}`;
  throw new HubError("conflict", `The approval ${id} ${state}.`, { hint: "Let the agent make the call again." });
}

export async function findApproval(db: Db, workspaceId: string, id: string): Promise<ApprovalRow> {
  const row = await db
    .selectFrom("approvals")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row) return row;
  throw new HubError("not_found", `There is no approval ${id}.`, { hint: 'List them with "patchbay approvals list".' });
}

/** Newest first. */
export function listApprovals(db: Db, workspaceId: string, status?: ApprovalRow["status"]): Promise<ApprovalRow[]> {
  let query = db.selectFrom("approvals").selectAll().where("workspace_id", "=", workspaceId);
  if (status !== undefined) query = query.where("status", "=", status);
  return query.orderBy("created_at", "desc").orderBy("id", "desc").execute();
}
