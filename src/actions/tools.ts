import * as z from "zod";
import { cutPage } from "../store/page.ts";
import { action } from "./action.ts";
import { callTool, listAllTools } from "./call-tool.ts";
import { Simulated } from "./integration.ts";
import { PageFields, pageOf } from "./page.ts";
import { callerOf } from "./reach.ts";

const Profile = z.string().optional().describe("As which profile; a profile's own key needs none");

export const list = action({
  summary: "List the tools a profile may call.",
  effect: "read",
  scope: "tools",
  who: "anyone",
  route: "GET /tools",
  columns: ["name", "description"],
  input: z.object({
    profile: Profile,
    service: z.string().optional().describe("Only this service's tools"),
    ...PageFields,
  }),
  output: pageOf(z.looseObject({ name: z.string(), title: z.string(), description: z.string() })),
  async run({ profile, service, ...asked }, context) {
    const tools = await listAllTools(context, await callerOf(context, profile), service);
    return cutPage(
      tools.map((tool) => ({ ...tool })),
      asked,
      ({ name }) => name,
    );
  },
});

const Called = z
  .object({
    status: z
      .enum(["done", "contents", "paged", "approval_pending"])
      .describe("With approval_pending, make the same call again once it is approved"),
    data: z.unknown().optional().describe("What the tool answered"),
    approval: z.string().optional(),
    url: z.string().optional().describe("Where an owner can decide"),
    expires_at: z.string().optional(),
    account: z
      .object({ service: z.string(), label: z.string(), integration: z.string() })
      .optional()
      .describe("The account it acted as"),
    simulated: Simulated,
  })
  .meta({ id: "ToolResult" });

export const call = action({
  summary: "Call a tool as a profile.",
  effect: "write",
  scope: "tools",
  who: "anyone",
  route: "POST /tools/{tool}/call",
  positional: ["tool"],
  input: z.object({
    tool: z.string().describe("E.g. mcp__github__create_issue"),
    profile: Profile,
    input: z.unknown().optional().describe("The tool's input, as JSON"),
  }),
  output: Called,
  isProvisional: ({ status }) => status === "approval_pending",
  async run({ tool, profile, input }, context) {
    const caller = await callerOf(context, profile);
    const result = await callTool(context, { caller, tool, input, signal: context.signal });
    if (result.status === "consent_needed") throw new Error("there is no user here to be asked");
    if (result.status !== "approval_pending") return result;
    const { expiresAt, ...pending } = result;
    return { ...pending, expires_at: expiresAt };
  },
});
