import type { Db } from "../store/open.ts";
import { type Page, type PageAsked, readPage } from "../store/page.ts";
import type { ApprovalRow, RequestRow } from "../store/tables.ts";

interface Filter<Status> {
  /** Only this profile's; all of the workspace's when null. */
  readonly profileId: string | null;
  readonly status: Status | undefined;
}

/** Newest first. */
export function pageApprovals(
  db: Db,
  workspaceId: string,
  { profileId, status }: Filter<ApprovalRow["status"]>,
  asked: PageAsked,
): Promise<Page<ApprovalRow>> {
  let query = db.selectFrom("approvals").selectAll().where("workspace_id", "=", workspaceId);
  if (profileId !== null) query = query.where("profile_id", "=", profileId);
  if (status !== undefined) query = query.where("status", "=", status);
  return readPage(query, asked, "desc");
}

/** Newest first. */
export function pageRequests(
  db: Db,
  workspaceId: string,
  { profileId, status }: Filter<RequestRow["status"]>,
  asked: PageAsked,
): Promise<Page<RequestRow>> {
  let query = db.selectFrom("requests").selectAll().where("workspace_id", "=", workspaceId);
  if (profileId !== null) query = query.where("profile_id", "=", profileId);
  if (status !== undefined) query = query.where("status", "=", status);
  return readPage(query, asked, "desc");
}
