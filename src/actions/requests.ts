import * as z from "zod";
import { putGrant } from "../access/grants.ts";
import { pageRequests } from "../access/page-decisions.ts";
import { decideRequest, findRequest } from "../access/requests.ts";
import { isOn } from "../call/surface.ts";
import { HubError } from "../errors.ts";
import { findIntegration } from "../integrations/integrations.ts";
import type { RequestRow } from "../store/tables.ts";
import { action } from "./action.ts";
import { askOwner } from "./ask-owner.ts";
import { PageFields, pageOf } from "./page.ts";
import { callerOf } from "./reach.ts";

const Status = z.enum(["pending", "approved", "denied"]);

const Request = z.object({
  id: z.string(),
  profile_id: z.string(),
  service: z.string(),
  reason: z.string(),
  status: Status,
  answer: z.string().nullable(),
  created_at: z.string(),
  decided_at: z.string().nullable(),
});

export const list = action({
  summary: "List what agents have asked for, the newest first.",
  effect: "read",
  scope: "approvals:read",
  who: "anyone",
  route: "GET /requests",
  columns: ["id", "service", "reason", "status", "created_at"],
  input: z.object({ status: Status.optional(), ...PageFields }),
  output: pageOf(Request),
  run: ({ status, ...asked }, { store, principal: { workspaceId, profileId } }) =>
    pageRequests(store.db, workspaceId, { profileId, status }, asked),
});

export const create = action({
  summary: "Ask for a service as a profile. Asking again before it is decided joins the first request.",
  effect: "write",
  scope: "tools",
  who: "anyone",
  route: "POST /requests",
  status: 201,
  positional: ["service"],
  input: z.object({
    service: z.string().min(1).max(64),
    reason: z.string().min(1).max(1000).describe("What it is needed for"),
    profile: z.string().optional().describe("Who asks; a profile's own key needs none"),
  }),
  output: Request,
  async run({ service, reason, profile }, context) {
    await context.catalog.connector(service);
    const caller = await callerOf(context, profile);
    const { grants } = await context.calls.holdingsOf(caller.profileId);
    if (grants.some((granted) => granted.integration.service === service && isOn(granted))) {
      throw new HubError("conflict", `The profile has been granted ${service} already.`, { hint: "Call its tools." });
    }
    return askOwner(context, caller, service, reason);
  },
});

export const approve = action({
  summary: "Grant what an agent asked for, from an account that is connected.",
  effect: "write",
  scope: "approvals:write",
  who: "owner",
  route: "POST /requests/{request}/approve",
  positional: ["request"],
  input: z.object({
    request: z.string(),
    integration: z.string().optional().describe("Which account, where several of the service are connected"),
  }),
  output: Request,
  async run({ request, integration }, context) {
    const { store, audit, principal } = context;
    const { workspaceId, actor } = principal;
    const asked = await findRequest(store.db, workspaceId, request);
    const row = await findIntegration(store.db, workspaceId, integration ?? asked.service);
    const decided = await store.transaction(async (db) => {
      const result = await decideRequest(db, workspaceId, request, { status: "approved" });
      const subject = { workspaceId, profileId: result.profile_id, integrationId: row.id };
      await putGrant(context, db, actor, { ...subject, enabled: true, paused: false });
      await audit.appendIn(db, { ...subject, actor, action: "request.approve", details: { request } });
      return result;
    });
    await store.changes.catchUp();
    return decided;
  },
});

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
    store.transaction(async (db): Promise<RequestRow> => {
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
      return result;
    }),
});
