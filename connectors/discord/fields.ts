import * as z from "zod";

/** Discord names everything by a number too large for a JSON number: https://discord.com/developers/docs/reference#snowflakes. */
export const Snowflake = z.string().regex(/^\d{15,20}$/, "give the id, 15 to 20 digits");

export const ChannelId = Snowflake.describe("The channel's or thread's id, from list_channels");

export const MessageId = Snowflake.describe("The message's id, from send_message or read_channel");

export const Message = z.object({
  id: z.string(),
  channel_id: z.string().nullish(),
  content: z.string().nullish().describe("Empty where the bot has not got the Message Content intent"),
  author: z.object({ id: z.string(), username: z.string().nullish(), bot: z.boolean().nullish() }).nullish(),
  timestamp: z.string().nullish(),
  edited_timestamp: z.string().nullish(),
});

export const Channel = z.object({
  id: z.string(),
  name: z.string().nullish(),
  type: z.int().nullish().describe("0 text, 2 voice, 4 category, 5 announcements, 11 thread, 15 forum"),
  topic: z.string().nullish(),
  parent_id: z.string().nullish(),
});
