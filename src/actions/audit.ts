import * as z from "zod";
import { HubError } from "../errors.ts";
import { foreignCursor, toPage } from "../store/page.ts";
import { action } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";
import { reachIntegration, reachProfile } from "./reach.ts";

const Entry = z
  .object({
    seq: z.number(),
    at: z.string(),
    action: z.string(),
    actor: z.string(),
    profile_id: z.string().nullable(),
    integration_id: z.string().nullable(),
    operation: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "AuditEntry" });

export const list = action({
  summary: "List what happened, the newest first.",
  effect: "read",
  scope: "audit:read",
  who: "owner",
  route: "GET /audit",
  columns: ["seq", "at", "action", "actor", "operation", "details"],
  input: z.object({
    action: z.string().optional().describe("E.g. call.intent, call.outcome, grant.set"),
    operation: z.string().optional().describe("E.g. github.create_issue"),
    profile: z.string().optional().describe("An id (prof_…) or a name"),
    integration: z.string().optional().describe("An id (int_…), also of one that is gone, a service or service:label"),
    ...PageFields,
  }),
  output: pageOf(Entry),
  async run({ limit, cursor, ...filter }, context) {
    const profile = await idOf(filter.profile, PROFILE_ID, async (name) => (await reachProfile(context, name)).id);
    const integration = await idOf(
      filter.integration,
      INTEGRATION_ID,
      async (name) => (await reachIntegration(context, name)).id,
    );
    const rows = await context.audit.list({
      workspaceId: context.principal.workspaceId,
      limit: limit + 1,
      ...(filter.action !== undefined && { action: filter.action }),
      ...(filter.operation !== undefined && { operation: filter.operation }),
      ...(profile !== undefined && { profileId: profile }),
      ...(integration !== undefined && { integrationId: integration }),
      ...(cursor !== undefined && { before: seqOf(cursor) }),
    });
    const entries = rows.map((row) => ({ ...row, details: JSON.parse(row.details) as Record<string, unknown> }));
    return toPage(entries, limit, ({ seq }) => String(seq));
  },
});

const PROFILE_ID = /^prof_[0-9a-z]{26}$/;
const INTEGRATION_ID = /^int_[0-9a-z]{26}$/;

/** An id as it is, since the ledger also knows what is no more; a name of what there is. */
async function idOf(meant: string | undefined, id: RegExp, find: (name: string) => Promise<string>) {
  return meant === undefined || id.test(meant) ? meant : find(meant);
}

function seqOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw foreignCursor();
}

const Anchor = z
  .object({
    workspace: z.string(),
    seq: z.number().int().min(0),
    hash: z.string().regex(/^(?:[0-9a-f]{64})?$/),
    at: z.string().describe("When it was taken"),
  })
  .meta({ id: "Anchor" });

export const anchor = action({
  summary: "Give the end of the ledger, to be kept elsewhere: verify proves later that the ledger still contains it.",
  effect: "read",
  scope: "audit:read",
  who: "owner",
  route: "GET /audit/anchor",
  input: z.object({}),
  output: Anchor,
  async run(_, { audit, principal: { workspaceId } }) {
    return { workspace: workspaceId, ...(await audit.anchor(workspaceId)), at: new Date().toISOString() };
  },
});

export const verify = action({
  summary: "Check that no entry was changed, removed, added or moved.",
  effect: "read",
  scope: "audit:read",
  who: "owner",
  route: "GET /audit/verify",
  input: z.object({
    anchor: z
      .string()
      .max(2000)
      .optional()
      .describe("What was once given as the ledger's anchor, as JSON; a command takes the file that holds it"),
  }),
  output: z.object({
    ok: z.boolean(),
    entries: z.number(),
    broken_at: z.number().optional(),
    reason: z.string().optional(),
  }),
  async run(input, { audit, principal }) {
    const kept = input.anchor === undefined ? undefined : readAnchor(input.anchor, principal.workspaceId);
    const verdict = await audit.verify(principal.workspaceId, kept);
    if (verdict.ok) return { ok: true, entries: verdict.entries };
    return { ok: false, entries: verdict.entries, broken_at: verdict.brokenAt, reason: verdict.reason };
  },
});

/** An anchor as it is answered, or alone. */
const Kept = z.union([z.object({ data: Anchor }).transform(({ data }) => data), Anchor]);

function readAnchor(text: string, workspaceId: string): z.output<typeof Anchor> {
  const kept = Kept.safeParse(parseJson(text));
  if (!kept.success) {
    throw new HubError("invalid_input", "The anchor is not one that the ledger gave.", {
      hint: 'Give it as "patchbay audit anchor --json" printed it.',
    });
  }
  if (kept.data.workspace === workspaceId) return kept.data;
  throw new HubError("invalid_input", `The anchor is of the workspace ${kept.data.workspace}, which is another.`, {
    hint: "Verify it with a key of that workspace.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
