import * as z from "zod";
import { pageRequests } from "../access/page-decisions.ts";
import { decide, type Effects } from "../access/policy.ts";
import { decideRequest, findRequest, fulfilRequest, type NamedRequest, operationsOf } from "../access/requests.ts";
import { HubError } from "../errors.ts";
import { connectCommand } from "../integrations/credentials.ts";
import { findIntegration, listIntegrations } from "../integrations/integrations.ts";
import { mapPage } from "../store/page.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { action, type ActionContext } from "./action.ts";
import { askOwner, isGranted, WishFields } from "./ask-owner.ts";
import { PageFields, pageOf } from "./page.ts";
import { callerOf } from "./reach.ts";

const Status = z.enum(["pending", "approved", "denied"]);

const Request = z
  .object({
    id: z.string(),
    profile_id: z.string(),
    profile: z.string(),
    service: z.string(),
    operations: z.array(z.string()).nullable().describe("The operations that are wanted; null for all of them"),
    reason: z.string(),
    status: Status,
    answer: z.string().nullable(),
    created_at: z.string(),
    decided_at: z.string().nullable(),
  })
  .meta({ id: "Request" });

function view(row: NamedRequest): z.input<typeof Request> {
  return { ...row, operations: operationsOf(row) ?? null };
}

const Inspected = Request.extend({
  wanted: z.array(
    z.object({ operation: z.string(), effect: z.enum(["read", "write", "destructive"]), summary: z.string() }),
  ),
  accounts: z
    .array(z.object({ integration: z.string(), label: z.string() }))
    .describe("The service's connected accounts, from which it can be granted"),
  connect: z.string().describe("The command by which an account of the service is connected"),
});

export const list = action({
  summary: "List what agents have asked for, the newest first.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /requests",
  columns: ["id", "profile", "service", "operations", "reason", "status", "created_at"],
  input: z.object({ status: Status.optional(), ...PageFields }),
  output: pageOf(Request),
  run: async ({ status, ...asked }, { store, principal: { workspaceId, profileId } }) =>
    mapPage(await pageRequests(store.db, workspaceId, { profileId, status }, asked), view),
});

export const inspect = action({
  summary: "Show one request, what its operations do, and the accounts from which it can be granted.",
  effect: "read",
  scope: "approvals:read",
  who: "owner",
  route: "GET /requests/{request}",
  positional: ["request"],
  input: z.object({ request: z.string() }),
  output: Inspected,
  async run({ request }, { store, catalog, principal: { workspaceId } }) {
    const row = view(await findRequest(store.db, workspaceId, request));
    const connector = await catalog.connector(row.service);
    const accounts = await listIntegrations(store.db, workspaceId, row.service);
    return {
      ...row,
      wanted: Object.entries(connector.operations)
        .filter(([name]) => row.operations?.includes(name) ?? true)
        .map(([operation, { effect, summary }]) => ({ operation, effect, summary })),
      accounts: accounts.map(({ id, label }) => ({ integration: id, label })),
      connect: connectCommand(connector),
    };
  },
});

export const create = action({
  summary: "Ask for a service as a profile. Asking again for no more, before it is decided, joins the first request.",
  effect: "write",
  scope: "tools",
  who: "anyone",
  route: "POST /requests",
  status: 201,
  positional: ["service"],
  input: z.object({
    ...WishFields,
    profile: z.string().optional().describe("Who asks; a profile's own key needs none"),
  }),
  output: Request,
  async run({ profile, ...wish }, context) {
    const caller = await callerOf(context, profile);
    if (await isGranted(context, caller, wish)) {
      throw new HubError("conflict", `The profile has been granted that of ${wish.service} already.`, {
        hint: "Call its tools.",
      });
    }
    return view(await askOwner(context, caller, wish));
  },
});

export const approve = action({
  summary:
    "Grant what an agent asked for, and no more, from an account that is connected; with --all, the whole service.",
  effect: "write",
  scope: "approvals:write",
  who: "owner",
  route: "POST /requests/{request}/approve",
  positional: ["request"],
  input: z.object({
    request: z.string(),
    integration: z.string().optional().describe("Which account, where several of the service are connected"),
    all: z.boolean().optional().describe("Grant every operation, whatever was asked for"),
  }),
  output: Request,
  async run({ request, integration, all }, context) {
    const { store, catalog, principal } = context;
    const { workspaceId, actor } = principal;
    const asked = await findRequest(store.db, workspaceId, request);
    const row = await findIntegration(store.db, workspaceId, integration ?? asked.service);
    const { operations: effects } = await catalog.connector(asked.service);
    if (row.service !== asked.service) {
      throw new HubError("invalid_input", `${row.service}:${row.label} is no account of ${asked.service}.`, {
        hint: `The request ${request} is for ${asked.service}.`,
      });
    }
    await checkDenied(context, asked, row, effects);
    const fulfilment = { request: asked, integrationId: row.id, effects, all: all === true };
    const decided = await store.transaction((db) => fulfilRequest(context, db, actor, fulfilment));
    await store.changes.catchUp();
    return view({ ...decided, profile: asked.profile });
  },
});

/** Granting an operation that the same owner denied is not for a request to say. */
async function checkDenied({ calls }: ActionContext, asked: NamedRequest, { id }: IntegrationRow, effects: Effects) {
  const { grants } = await calls.holdingsOf(asked.profile_id);
  const policy = grants.find(({ integration }) => integration.id === id)?.policy ?? {};
  const denied = operationsOf(asked)?.find((name) => decide(policy, name, effects[name]?.effect ?? "read") === "deny");
  if (denied === undefined) return;
  throw new HubError("conflict", `The grant of ${asked.profile} denies ${denied}.`, {
    hint: `Change it with "patchbay grants set ${asked.profile} ${asked.service} --deny …", or deny the request.`,
  });
}

export const deny = action({
  summary: "Deny what an agent asked for, with a reason it is told.",
  effect: "write",
  scope: "approvals:write",
  who: "owner",
  route: "POST /requests/{request}/deny",
  positional: ["request"],
  input: z.object({ request: z.string(), reason: z.string().max(500).optional() }),
  output: Request,
  run: ({ request, reason }, { store, audit, principal }) =>
    store.transaction(async (db) => {
      const { workspaceId, actor } = principal;
      const result = await decideRequest(db, workspaceId, request, {
        status: "denied",
        ...(reason !== undefined && { answer: reason }),
      });
      await audit.appendIn(db, {
        workspaceId,
        actor,
        action: "request.deny",
        profileId: result.profile_id,
        details: { request },
      });
      return view(await findRequest(db, workspaceId, request));
    }),
});
