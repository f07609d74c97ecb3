import * as z from "zod";
import { action } from "./action.ts";

const Entry = z.object({
  seq: z.number(),
  at: z.string(),
  action: z.string(),
  actor: z.string(),
  profile_id: z.string().nullable(),
  integration_id: z.string().nullable(),
  operation: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

export const list = action({
  summary: "List what happened, the newest first.",
  effect: "read",
  scope: "audit:read",
  columns: ["seq", "at", "action", "actor", "operation", "details"],
  input: z.object({
    action: z.string().optional().describe("E.g. call.intent, call.outcome, grant.set"),
    operation: z.string().optional().describe("E.g. github.create_issue"),
    profile: z.string().optional().describe("A profile's id"),
    integration: z.string().optional().describe("An integration's id"),
    before: z.coerce.number().int().positive().optional().describe("Only entries with a smaller number"),
    limit: z.coerce.number().int().min(1).max(1000).default(50),
  }),
  output: z.array(Entry),
  async run({ profile, integration, before, limit, ...filter }, { audit, principal }) {
    const rows = await audit.list({
      workspaceId: principal.workspaceId,
      limit,
      ...(filter.action !== undefined && { action: filter.action }),
      ...(filter.operation !== undefined && { operation: filter.operation }),
      ...(profile !== undefined && { profileId: profile }),
      ...(integration !== undefined && { integrationId: integration }),
      ...(before !== undefined && { before }),
    });
    return rows.map((row) => ({ ...row, details: JSON.parse(row.details) as Record<string, unknown> }));
  },
});

export const verify = action({
  summary: "Check that no entry was changed, removed, added or moved.",
  effect: "read",
  scope: "audit:read",
  input: z.object({}),
  output: z.object({
    ok: z.boolean(),
    entries: z.number(),
    broken_at: z.number().optional(),
    reason: z.string().optional(),
  }),
  async run(_, { audit, principal }) {
    const verdict = await audit.verify(principal.workspaceId);
    if (verdict.ok) return { ok: true, entries: verdict.entries };
    return { ok: false, entries: verdict.entries, broken_at: verdict.brokenAt, reason: verdict.reason };
  },
});
