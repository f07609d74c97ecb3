import type { Transaction } from "kysely";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { ApprovalRow, Tables } from "../store/tables.ts";

/** The one call that an approval is for. */
export interface ApprovalSubject {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly integrationId: string;
  readonly operation: string;
  readonly argumentsDigest: string;
  /** What whoever decides is shown. */
  readonly argumentsPreview: string;
}

/** What whoever sits at the agent's client answered to a call's question. */
export interface Consent {
  /** The approval that was asked for. */
  readonly approval: string;
  readonly isGiven: boolean;
}

interface ClaimOptions {
  /**
   * Who is asked where no decision stands: the owner, unless the user of the agent's client is enough and can be asked.
   * Only then does a consent count.
   */
  readonly ask?: "owner" | "user";
  readonly consent?: Consent | undefined;
  /** Does what belongs to a new question to the owner, in the transaction that asks it. */
  readonly onAsked?: (db: Transaction<Tables>, approval: ApprovalRow) => Promise<void>;
  readonly now?: Date;
}

export type ApprovalClaim =
  | { readonly status: "approved" | "denied"; readonly approval: string; readonly by: "owner" | "user" }
  | { readonly status: "pending"; readonly approval: string; readonly expiresAt: string; readonly isNew: boolean }
  /** The user is yet to be asked; nothing is kept until there is an answer. */
  | { readonly status: "consent_needed"; readonly approval: string };

const LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * Uses up a decision about exactly this call, or asks for one.
 *
 * A denial is told once; the same call made again after that asks anew. So does a call whose consent was used before.
 */
export async function claimApproval(
  store: Store,
  subject: ApprovalSubject,
  { ask = "owner", consent, onAsked, now = new Date() }: ClaimOptions = {},
): Promise<ApprovalClaim> {
  return store.transaction(async (db) => {
    // One at a time, so that two equal calls neither use one approval twice nor ask twice.
    await store.engine.inOrder(db);
    const standing = await findStanding(db, subject, now);
    if (standing?.status === "approved" || standing?.status === "denied") {
      await settle(db, standing, now);
      return { status: standing.status, approval: standing.id, by: "owner" };
    }
    if (ask === "user") {
      if (consent && (await recordConsent(db, subject, consent, now))) {
        return { status: consent.isGiven ? "approved" : "denied", approval: consent.approval, by: "user" };
      }
      return { status: "consent_needed", approval: standing?.id ?? newId("approval") };
    }
    const pending = standing ?? newApproval(subject, newId("approval"), now);
    if (!standing) {
      await db.insertInto("approvals").values(pending).execute();
      await onAsked?.(db, pending);
    }
    return { status: "pending", approval: pending.id, expiresAt: pending.expires_at, isNew: !standing };
  });
}

function findStanding(db: Db, subject: ApprovalSubject, now: Date): Promise<ApprovalRow | undefined> {
  return db
    .selectFrom("approvals")
    .selectAll()
    .where("workspace_id", "=", subject.workspaceId)
    .where("profile_id", "=", subject.profileId)
    .where("integration_id", "=", subject.integrationId)
    .where("operation", "=", subject.operation)
    .where("arguments_digest", "=", subject.argumentsDigest)
    .where("used_at", "is", null)
    .where("status", "!=", "used")
    .where("expires_at", ">", now.toISOString())
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
}

async function settle(db: Db, { id, status }: ApprovalRow, now: Date): Promise<void> {
  await db
    .updateTable("approvals")
    .set({ status: status === "approved" ? "used" : status, used_at: now.toISOString() })
    .where("id", "=", id)
    .execute();
}

/** Keeps an answer as a decision that is used up at once; false where that approval was decided before. */
async function recordConsent(db: Db, subject: ApprovalSubject, consent: Consent, now: Date): Promise<boolean> {
  const at = now.toISOString();
  const answer = { status: consent.isGiven ? "used" : "denied", decided_at: at, used_at: at } as const;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("approvals")
    .values({ ...newApproval(subject, consent.approval, now), ...answer })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(answer).where("approvals.status", "=", "pending"))
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

function newApproval(subject: ApprovalSubject, id: string, now: Date): ApprovalRow {
  return {
    id,
    workspace_id: subject.workspaceId,
    profile_id: subject.profileId,
    integration_id: subject.integrationId,
    operation: subject.operation,
    arguments_digest: subject.argumentsDigest,
    arguments_preview: subject.argumentsPreview,
    status: "pending",
    created_at: now.toISOString(),
    expires_at: new Date(now.getTime() + LIFETIME_MS).toISOString(),
    decided_at: null,
    used_at: null,
  };
}

/** Decides an approval once; `conflict` where it was decided, used or has expired. */
export async function decideApproval(
  db: Db,
  workspaceId: string,
  id: string,
  status: "approved" | "denied",
  now = new Date(),
): Promise<NamedApproval> {
  const at = now.toISOString();
  const { numUpdatedRows } = await db
    .updateTable("approvals")
    .set({ status, decided_at: at })
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("status", "=", "pending")
    .where("expires_at", ">", at)
    .executeTakeFirst();
  const approval = await findApproval(db, workspaceId, id, now);
  if (numUpdatedRows === 1n) return approval;

  const { status: state } = approval;
  throw new HubError("conflict", `The approval ${id} ${state === "expired" ? "has" : "was already"} ${state}.`, {
    hint: "Let the agent make the call again.",
  });
}

/** Ends what was asked or decided under a grant that ends; under all of an integration's, where no profile is named. */
export async function endApprovals(
  db: Db,
  {
    workspaceId,
    integrationId,
    profileId,
  }: Pick<ApprovalSubject, "workspaceId" | "integrationId"> & { readonly profileId?: string },
  now = new Date(),
): Promise<void> {
  let query = db
    .updateTable("approvals")
    .set({ expires_at: now.toISOString() })
    .where("workspace_id", "=", workspaceId)
    .where("integration_id", "=", integrationId)
    .where("status", "in", ["pending", "approved"])
    .where("expires_at", ">", now.toISOString());
  if (profileId !== undefined) query = query.where("profile_id", "=", profileId);
  await query.execute();
}

/** What has become of an approval: one that nobody decided or used in time, or whose grant has ended, has expired. */
export type ApprovalState = ApprovalRow["status"] | "expired";

/** An approval with the names of who asks and of the account that the call would be made as. */
export interface NamedApproval extends Omit<ApprovalRow, "status"> {
  readonly status: ApprovalState;
  readonly profile: string;
  readonly service: string;
  readonly account: string;
}

export async function findApproval(db: Db, workspaceId: string, id: string, now = new Date()): Promise<NamedApproval> {
  const row = await approvalsIn(db, workspaceId).where("id", "=", id).executeTakeFirst();
  if (row) return withState(row, now);
  throw new HubError("not_found", `There is no approval ${id}.`, { hint: 'List them with "patchbay approvals list".' });
}

export function approvalsIn(db: Db, workspaceId: string) {
  return db
    .selectFrom("approvals")
    .selectAll()
    .select(({ selectFrom }) => {
      const profile = selectFrom("profiles").whereRef("profiles.id", "=", "approvals.profile_id");
      const integration = selectFrom("integrations").whereRef("integrations.id", "=", "approvals.integration_id");
      return [
        profile.select("profiles.name").$asScalar().$notNull().as("profile"),
        integration.select("integrations.service").$asScalar().$notNull().as("service"),
        integration.select("integrations.label").$asScalar().$notNull().as("account"),
      ];
    })
    .where("workspace_id", "=", workspaceId);
}

export function withState<Row extends ApprovalRow>(
  row: Row,
  now: Date,
): Omit<Row, "status"> & { status: ApprovalState } {
  const isOpen = row.status === "pending" || row.status === "approved";
  return { ...row, status: isOpen && row.expires_at <= now.toISOString() ? "expired" : row.status };
}
