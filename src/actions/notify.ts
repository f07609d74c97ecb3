import * as z from "zod";
import { notifyUser } from "../notify/notify-user.ts";
import { ChannelName } from "../notify/workspace-channels.ts";
import { action } from "./action.ts";
import { callerOf } from "./reach.ts";

export const send = action({
  summary: "Send a notification as a profile would.",
  effect: "write",
  scope: "notify",
  who: "anyone",
  route: "POST /notify",
  positional: ["message"],
  input: z.object({
    message: z.string().min(1).max(4000),
    profile: z.string().optional().describe("Who speaks; a profile's own key needs none"),
    title: z.string().min(1).max(200).optional(),
    channel: ChannelName.optional().describe("E.g. slack, or one account: telegram:int_…"),
    urgency: z.enum(["low", "normal", "high"]).default("normal"),
  }),
  output: z.object({ delivery: z.string(), channel: z.string() }),
  async run({ profile, message, urgency, title, channel }, context) {
    const caller = await callerOf(context, profile);
    const notice = {
      message,
      urgency,
      ...(title !== undefined && { title }),
      ...(channel !== undefined && { channel }),
    };
    return notifyUser(context, caller, notice, context.signal);
  },
});
