import * as z from "zod";
import { notifyUser } from "../notify/notify-user.ts";
import { action } from "./action.ts";
import { Accepted, NoticeFields } from "./notice-fields.ts";
import { callerOf } from "./reach.ts";

export const send = action({
  summary: "Send a notification as a profile would.",
  effect: "write",
  scope: "notify",
  who: "anyone",
  route: "POST /notify",
  positional: ["message"],
  input: z.object({
    ...NoticeFields,
    profile: z.string().exactOptional().describe("Who speaks; a profile's own key needs none"),
  }),
  output: Accepted,
  run: async ({ profile, ...notice }, context) => notifyUser(context, await callerOf(context, profile), notice),
});
