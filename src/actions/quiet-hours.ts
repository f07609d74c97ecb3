import * as z from "zod";
import { QuietHours, readQuietHours, setQuietHours } from "../notify/quiet-hours.ts";
import { action } from "./action.ts";

export const show = action({
  summary: "Show when people are left alone: only what is urgent reaches them then; the rest waits.",
  effect: "read",
  scope: "integrations:read",
  who: "owner",
  route: "GET /quiet-hours",
  input: z.object({}),
  output: QuietHours.nullable(),
  run: async (_, { store, principal }) => (await readQuietHours(store.db, principal.workspaceId)) ?? null,
});

export const set = action({
  summary: "Set when people are left alone.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "PUT /quiet-hours",
  positional: ["start", "end", "timezone"],
  input: QuietHours,
  output: QuietHours,
  async run(hours, context) {
    await setQuietHours(context, context.principal.actor, context.principal.workspaceId, hours);
    return hours;
  },
});

export const clear = action({
  summary: "Have no quiet hours. What waits for their end goes out in its turn.",
  effect: "write",
  scope: "integrations:write",
  who: "owner",
  route: "DELETE /quiet-hours",
  status: 204,
  input: z.object({}),
  output: z.null(),
  async run(_, context) {
    await setQuietHours(context, context.principal.actor, context.principal.workspaceId, undefined);
    return null;
  },
});
