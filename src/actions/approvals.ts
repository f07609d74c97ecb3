import * as z from "zod";
import { decideApproval, findApproval } from "../access/approvals.ts";
import { pageApprovals } from "../access/page-decisions.ts";
import { HubError } from "../errors.ts";
import { type Action, action, type ActionContext } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";

const Status = z.enum(["pending", "approved", "denied", "used"]);

const Approval = z.object({
  id: z.string(),
  profile_id: z.string(),
  integration_id: z.string(),
  operation: z.string(),
  arguments_preview: z.string().describe("The call's arguments, cut to 2,000 characters"),
  status: Status,
  created_at: z.string(),
  expires_at: z.string(),
  decided_at: z.string().nullable(),
});

export const list = action({
  summary: "List the calls that wait for an owner, or waited, the newest first.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /approvals",
  columns: ["id", "operation", "arguments_preview", "status", "expires_at"],
  input: z.object({ status: Status.optional(), ...PageFields }),
  output: pageOf(Approval),
  run: ({ status, ...asked }, { store, principal: { workspaceId, profileId } }) =>
    pageApprovals(store.db, workspaceId, { profileId, status }, asked),
});

export const inspect = action({
  summary: "Show one call that waits for an owner, or waited.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /approvals/{approval}",
  positional: ["approval"],
  input: z.object({ approval: z.string() }),
  output: Approval,
  async run({ approval }, { store, principal }) {
    const row = await findApproval(store.db, principal.workspaceId, approval);
    if (principal.profileId === null || row.profile_id === principal.profileId) return row;
    throw new HubError("not_found", `There is no approval ${approval}.`, {
      hint: "Look at those of this key's profile.",
    });
  },
});

const Decide = z.object({ approval: z.string() });

const DECISION = {
  effect: "write",
  scope: "approvals:write",
  who: "owner",
  positional: ["approval"],
  input: Decide,
  output: Approval,
} as const satisfies Partial<Action<typeof Decide, typeof Approval>>;

export const approve = action({
  ...DECISION,
  summary: "Let one call run once, with exactly the arguments shown.",
  route: "POST /approvals/{approval}/approve",
  run: ({ approval }, context) => decide(context, approval, "approved"),
});

export const deny = action({
  ...DECISION,
  summary: "Refuse one call.",
  route: "POST /approvals/{approval}/deny",
  run: ({ approval }, context) => decide(context, approval, "denied"),
});

function decide({ store, audit, principal }: ActionContext, id: string, status: "approved" | "denied") {
  return store.transaction(async (db) => {
    const { workspaceId, actor } = principal;
    const decided = await decideApproval(db, workspaceId, id, status);
    await audit.appendIn(db, {
      workspaceId,
      actor,
      action: status === "approved" ? "approval.approve" : "approval.deny",
      profileId: decided.profile_id,
      integrationId: decided.integration_id,
      operation: decided.operation,
      details: { approval: id },
    });
    return decided;
  });
}
