import * as z from "zod";

/** Where a message goes. Telegram takes ids as numbers and as text, and @usernames of what is public. */
export const ChatId = z
  .union([z.int(), z.string().regex(/^(-?\d{1,16}|@\w{4,32})$/, "give a chat's id or @username")])
  .describe("The chat: the id of a person, group or channel, or the @username of a public group or channel");
