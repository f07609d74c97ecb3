import * as z from "zod";
import { decideApproval, findApproval, type NamedApproval } from "../access/approvals.ts";
import { allowAlways } from "../access/grants.ts";
import { pageApprovals } from "../access/page-decisions.ts";
import { decide } from "../access/policy.ts";
import { showArguments } from "../access/show-arguments.ts";
import { cutText } from "../connector/cut-text.ts";
import { HubError } from "../errors.ts";
import { mapPage } from "../store/page.ts";
import { type Action, action, type ActionContext } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";

const Status = z.enum(["pending", "approved", "denied", "used", "expired"]);

const PREVIEW_LIMIT = 2_000;

const Approval = z
  .object({
    id: z.string(),
    profile_id: z.string(),
    profile: z.string(),
    integration_id: z.string(),
    service: z.string(),
    account: z.string().describe("As whom the call would be made"),
    operation: z.string(),
    arguments_preview: z.string().describe("The call's arguments, cut to 2,000 characters"),
    status: Status,
    created_at: z.string(),
    expires_at: z.string(),
    decided_at: z.string().nullable(),
    used_at: z.string().nullable().describe("When it let the call run, or the agent was told of the denial"),
  })
  .meta({ id: "Approval" });

function view(row: NamedApproval): z.input<typeof Approval> {
  return { ...row, arguments_preview: cutText(row.arguments_preview, PREVIEW_LIMIT) };
}

const Inspected = Approval.extend({
  summary: z.string().nullable().describe("What the operation does"),
  effect: z.enum(["read", "write", "destructive"]).nullable(),
  arguments: z.string().describe("The call's arguments as they would be sent, without what looks like a secret"),
  is_whole: z.boolean().describe("Whether these are all the arguments; very long ones are cut"),
  may_allow_always: z.boolean().describe("Whether the operation could be allowed for good"),
});

export const list = action({
  summary: "List the calls that wait for an owner, or waited, the newest first.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /approvals",
  columns: ["id", "profile", "operation", "account", "arguments_preview", "status", "expires_at"],
  input: z.object({ status: Status.optional(), ...PageFields }),
  output: pageOf(Approval),
  run: async ({ status, ...asked }, { store, principal: { workspaceId, profileId } }) =>
    mapPage(await pageApprovals(store.db, workspaceId, { profileId, status }, asked), view),
});

export const inspect = action({
  summary: "Show one call that waits for an owner, or waited, with all that it would send.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /approvals/{approval}",
  positional: ["approval"],
  input: z.object({ approval: z.string() }),
  output: Inspected,
  async run({ approval }, context) {
    const { store, calls, principal } = context;
    const row = await findApproval(store.db, principal.workspaceId, approval);
    if (principal.profileId !== null && row.profile_id !== principal.profileId) {
      throw new HubError("not_found", `There is no approval ${approval}.`, {
        hint: "Look at those of this key's profile.",
      });
    }
    const operation = await findKnown(context, row);
    const { grants } = await calls.holdingsOf(row.profile_id);
    const policy = grants.find(({ integration }) => integration.id === row.integration_id)?.policy;
    const { text, isWhole } = showArguments(row.arguments_preview);
    return {
      ...view(row),
      summary: operation?.summary ?? null,
      effect: operation?.effect ?? null,
      arguments: text,
      is_whole: isWhole,
      may_allow_always: operation && policy ? decide(policy, operation.name, operation.effect) === "ask" : false,
    };
  },
});

/** The operation that an approval is about, where the connector still has it. */
async function findKnown({ catalog }: ActionContext, { operation }: Pick<NamedApproval, "operation">) {
  const [service = "", name = ""] = operation.split(".");
  if (!catalog.services.includes(service)) return undefined;
  const { operations } = await catalog.connector(service);
  const known = Object.hasOwn(operations, name) ? operations[name] : undefined;
  return known && { name, summary: known.summary, effect: known.effect };
}

const DECISION = {
  effect: "write",
  scope: "approvals:write",
  who: "owner",
  positional: ["approval"],
  output: Approval,
} as const satisfies Partial<Action>;

const Reference = z.object({ approval: z.string() });

export const approve = action({
  ...DECISION,
  summary: "Let one call run once, with exactly the arguments shown; with --always, let its operation run unasked.",
  route: "POST /approvals/{approval}/approve",
  input: Reference.extend({
    always: z
      .boolean()
      .optional()
      .describe("From now on let this operation run unasked for this profile and account, whatever its arguments"),
  }),
  run: ({ approval, always }, context) => settle(context, approval, "approved", always),
});

export const deny = action({
  ...DECISION,
  summary: "Refuse one call.",
  route: "POST /approvals/{approval}/deny",
  input: Reference,
  run: ({ approval }, context) => settle(context, approval, "denied"),
});

async function settle(context: ActionContext, id: string, status: "approved" | "denied", always = false) {
  const { store, audit, principal } = context;
  const { workspaceId, actor } = principal;
  const settled = await store.transaction(async (db) => {
    const row = await decideApproval(db, workspaceId, id, status);
    const grant = { workspaceId, profileId: row.profile_id, integrationId: row.integration_id };
    if (always) await allowAlways(context, db, actor, grant, await operationOf(context, row));
    await audit.appendIn(db, {
      ...grant,
      actor,
      action: status === "approved" ? "approval.approve" : "approval.deny",
      operation: row.operation,
      details: { approval: id, ...(always && { always }) },
    });
    return row;
  });
  if (always) await store.changes.catchUp();
  return view(settled);
}

async function operationOf(context: ActionContext, row: NamedApproval) {
  const operation = await findKnown(context, row);
  if (operation) return operation;
  throw new HubError("conflict", `${row.operation} can't be allowed for good: it is no operation of a connector.`, {
    hint: "Approve this call alone.",
  });
}
