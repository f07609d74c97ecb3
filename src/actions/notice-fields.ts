import * as z from "zod";
import { Simulated } from "./integration.ts";
import { ChannelName } from "../notify/workspace-channels.ts";

/** What whoever tells a person something says. */
export const NoticeFields = {
  message: z.string().min(1).max(4000),
  title: z.string().min(1).max(200).exactOptional(),
  channel: ChannelName.exactOptional().describe(
    "slack, discord, telegram, email or webhook; one account as telegram:int_…; the default channel when absent",
  ),
  urgency: z
    .enum(["low", "normal", "high"])
    .default("normal")
    .describe("low and normal wait for the end of quiet hours; high goes out at once"),
  dedupe_key: z
    .string()
    .min(1)
    .max(200)
    .exactOptional()
    .describe("What is said again under the same key within 24 hours is not said twice"),
};

export const NotificationStatus = z.enum(["accepted", "delivered", "dead"]);

export const Accepted = z.object({
  delivery: z.string().describe("The same on every attempt; mcp__notify__status tells what became of it"),
  channel: z.string().describe("The account it goes through"),
  status: NotificationStatus.describe("accepted: it is on disk, and goes out even if the hub stops"),
  simulated: Simulated,
});
