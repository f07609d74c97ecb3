import * as z from "zod";
import { findProfile } from "../access/profiles.ts";
import type { Caller } from "../call/open-calls.ts";
import { HubError } from "../errors.ts";
import { callTool, listAllTools } from "./call-tool.ts";
import { action, type ActionContext } from "./action.ts";

const Profile = z.string().optional().describe("Whose tools; a profile's own key needs none");

export const list = action({
  summary: "List the tools a profile may call.",
  effect: "read",
  scope: "tools",
  columns: ["name", "description"],
  input: z.object({ profile: Profile, service: z.string().optional() }),
  output: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  async run({ profile, service }, context) {
    const caller = await callerOf(context, profile);
    return (await listAllTools(context, caller, service)).map((tool) => ({ ...tool }));
  },
});

export const call = action({
  summary: "Call a tool as a profile.",
  effect: "write",
  scope: "tools",
  positional: ["tool"],
  input: z.object({
    tool: z.string().describe("E.g. mcp__github__create_issue"),
    profile: Profile,
    input: z.unknown().optional().describe("The tool's input, as JSON"),
  }),
  output: z.unknown(),
  run: async ({ tool, profile, input }, context) =>
    callTool(context, { caller: await callerOf(context, profile), tool, input, signal: context.signal }),
});

/** A profile's key acts as that profile; an owner says as which. */
export async function callerOf({ store, principal }: ActionContext, profile: string | undefined): Promise<Caller> {
  if (principal.profileId !== null) return { ...principal, profileId: principal.profileId };
  if (profile === undefined) {
    throw new HubError("invalid_input", "An owner has no tools of its own.", {
      hint: "Name a profile with --profile.",
    });
  }
  return { ...principal, profileId: (await findProfile(store.db, principal.workspaceId, profile)).id };
}
