import * as z from "zod";
import { putGrant } from "../access/grants.ts";
import { decideRequest, findRequest, listRequests } from "../access/requests.ts";
import { findIntegration } from "../integrations/integrations.ts";
import type { RequestRow } from "../store/tables.ts";
import { action } from "./action.ts";

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
  summary: "List what agents have asked for.",
  effect: "read",
  scope: "approvals:read",
  columns: ["id", "service", "reason", "status", "created_at"],
  input: z.object({ status: Status.optional() }),
  output: z.array(Request),
  run: ({ status }, { store, principal }) =>
    listRequests(store.db, principal.workspaceId, status === undefined ? {} : { status }),
});

export const approve = action({
  summary: "Grant what an agent asked for, from an account that is connected.",
  effect: "write",
  scope: "approvals:write",
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
