import * as z from "zod";
import { decideApproval, listApprovals } from "../access/approvals.ts";
import { type Action, action, type ActionContext } from "./action.ts";

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
  summary: "List the calls that wait for an owner, or waited.",
  effect: "read",
  scope: "approvals:read",
  columns: ["id", "operation", "arguments_preview", "status", "expires_at"],
  input: z.object({ status: Status.optional() }),
  output: z.array(Approval),
  run: ({ status }, { store, principal }) => listApprovals(store.db, principal.workspaceId, status),
});

const Decide = z.object({ approval: z.string() });

export const approve = decision("approved", "Let one call run once, with exactly the arguments shown.");
export const deny = decision("denied", "Refuse one call.");

function decision(status: "approved" | "denied", summary: string): Action<typeof Decide, typeof Approval> {
  return action({
    summary,
    effect: "write",
    scope: "approvals:write",
    positional: ["approval"],
    input: Decide,
    output: Approval,
    run: ({ approval }, context) => decideInTransaction(context, approval, status),
  });
}

function decideInTransaction({ store, audit, principal }: ActionContext, id: string, status: "approved" | "denied") {
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
