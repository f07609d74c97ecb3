import type { Db } from "../store/open.ts";
import { mapPage, type Page, type PageAsked, readPage } from "../store/page.ts";
import type { RequestRow } from "../store/tables.ts";
import { type ApprovalState, approvalsIn, type NamedApproval, withState } from "./approvals.ts";
import { type NamedRequest, requestsIn } from "./requests.ts";

interface Filter<Status> {
  /** Only this profile's; all of the workspace's when null. */
  readonly profileId: string | null;
  readonly status: Status | undefined;
}

/** Newest first. */
export async function pageApprovals(
  db: Db,
  workspaceId: string,
  { profileId, status }: Filter<ApprovalState>,
  asked: PageAsked,
  now = new Date(),
): Promise<Page<NamedApproval>> {
  let query = approvalsIn(db, workspaceId);
  if (profileId !== null) query = query.where("profile_id", "=", profileId);
  if (status === "expired") query = query.where("status", "in", ["pending", "approved"]);
  else if (status !== undefined) query = query.where("status", "=", status);
  const comparison = status === "expired" ? "<=" : ">";
  const canExpire = status === "expired" || status === "pending" || status === "approved";
  if (canExpire) query = query.where("expires_at", comparison, now.toISOString());
  return mapPage(await readPage(query, asked, "desc"), (row) => withState(row, now));
}

/** Newest first. */
export function pageRequests(
  db: Db,
  workspaceId: string,
  { profileId, status }: Filter<RequestRow["status"]>,
  asked: PageAsked,
): Promise<Page<NamedRequest>> {
  let query = requestsIn(db, workspaceId);
  if (profileId !== null) query = query.where("profile_id", "=", profileId);
  if (status !== undefined) query = query.where("status", "=", status);
  return readPage(query, asked, "desc");
}
