import * as z from "zod";
import { acknowledge, type Hearing, viewMessage } from "../inbound/messages.ts";
import { action, type ActionContext } from "./action.ts";
import { PageFields, pageOf } from "./page.ts";
import { callerOf, reachProfile } from "./reach.ts";
import { replyTo } from "./reply.ts";

// Which threads a profile hears stands beside what it hears: a command line has one noun for both.
export { assign, link, links, unlink } from "./links.ts";

/** Shorter than the minute after which clients of MCP give up. */
const WAIT_LIMIT_SECONDS = 50;

export const WaitSeconds = z
  .int()
  .min(0)
  .max(WAIT_LIMIT_SECONDS)
  .default(0)
  .describe("Where there are none, wait so many seconds for some");

const Message = z
  .object({
    id: z.string(),
    profile_id: z.string(),
    integration_id: z.string(),
    service: z.string(),
    thread: z.string().describe("Where it was said, as the service names it"),
    person: z.object({ id: z.string().describe("By which the service knows them"), name: z.string().nullable() }),
    text: z.string(),
    sent_at: z.string().nullable(),
    received_at: z.string(),
  })
  .meta({ id: "Message" });

/** To a profile's key there are no messages but its own; an owner may name a profile. */
export async function hearingOf(context: ActionContext, profile: string | undefined): Promise<Hearing> {
  const { workspaceId, profileId } = context.principal;
  const meant = profile === undefined ? profileId : (await reachProfile(context, profile)).id;
  return { workspaceId, profileId: meant };
}

/** Only a profile itself can say that it is done with a message; an owner reads along. */
export async function acknowledgeAsSelf({ store, principal }: ActionContext, id: string): Promise<void> {
  const { workspaceId, profileId } = principal;
  if (profileId !== null) await acknowledge(store.db, { workspaceId, profileId }, id);
}

export const list = action({
  summary: "List what people said to a profile, the oldest first, from the last one it was done with.",
  effect: "read",
  scope: "messages:read",
  who: "anyone",
  route: "GET /messages",
  columns: ["id", "service", "person", "text", "received_at"],
  input: z.object({
    profile: z.string().optional().describe("Whose; those of all profiles when absent"),
    wait: WaitSeconds,
    ...PageFields,
    cursor: PageFields.cursor.describe(
      "The id of the last message that was dealt with: by a profile's own key, it and all before are not listed again",
    ),
  }),
  output: pageOf(Message),
  async run({ profile, wait, limit, cursor }, context) {
    const hearing = await hearingOf(context, profile);
    if (cursor !== undefined) await acknowledgeAsSelf(context, cursor);
    const page = await context.inbound.wait({ ...hearing, limit, after: cursor }, wait * 1000, context.signal);
    return { ...page, data: page.data.map(viewMessage) };
  },
});

export const send = action({
  summary: "Answer a message where it was said, as the profile that heard it.",
  effect: "write",
  scope: "messages:write",
  who: "anyone",
  route: "POST /messages",
  positional: ["to", "text"],
  input: z.object({
    to: z.string().min(1).max(64).describe("The id of the message that is answered"),
    text: z.string().min(1).max(4000),
    profile: z.string().optional().describe("Who answers; a profile's own key needs none"),
  }),
  output: z.object({ delivery: z.string(), channel: z.string(), status: z.string() }),
  run: async ({ profile, ...reply }, context) => replyTo(context, await callerOf(context, profile), reply),
});
