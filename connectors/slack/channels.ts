import * as z from "zod";
import { operation } from "#connector";
import { openSlack } from "./client.ts";
import { ChannelId, cursorField, findNextCursor, nextCursorField, UserId } from "./fields.ts";

const Channel = z.object({
  id: z.string(),
  name: z.string().nullish().describe("Absent for a direct message"),
  user: z.string().nullish().describe("The other person in a direct message"),
  is_private: z.boolean().nullish(),
  is_archived: z.boolean().nullish(),
  is_member: z.boolean().nullish().describe("Whether this app is a member and so may read it"),
  num_members: z.int().nullish(),
  topic: z.object({ value: z.string() }).nullish(),
  purpose: z.object({ value: z.string() }).nullish(),
});

const CHANNEL_TYPES = ["public_channel", "private_channel", "mpim", "im"] as const;

export const list_channels = operation({
  summary: "List the channels of the workspace. Returns their ids, names, topics and whether this app is a member.",
  effect: "read",
  scopes: ["channels:read"],
  input: z.object({
    types: z
      .array(z.enum(CHANNEL_TYPES))
      .min(1)
      .max(CHANNEL_TYPES.length)
      .default(["public_channel"])
      .describe("private_channel needs the scope groups:read and shows those the app is a member of"),
    include_archived: z.boolean().default(false),
    limit: z.int().min(1).max(200).default(100),
    ...cursorField,
  }),
  output: z.object({ channels: z.array(Channel), ...nextCursorField }),
  async run({ types, include_archived, ...input }, context) {
    const slack = await openSlack(context);
    const { channels, response_metadata } = await slack.conversations.list({
      ...input,
      types: types.join(","),
      exclude_archived: !include_archived,
    });
    return { channels, ...findNextCursor(response_metadata) };
  },
});

export const create_channel = operation({
  summary: "Create a channel. Returns it with its id. This app is its only member: add people with invite_to_channel.",
  effect: "write",
  scopes: ["channels:manage"],
  input: z.object({
    name: z
      .string()
      .min(1)
      .max(80)
      .regex(/^[^\s#@.,A-Z]+$/)
      .describe("Lower case, without spaces and full stops"),
    is_private: z.boolean().default(false).describe("A private channel needs the scope groups:write"),
  }),
  output: z.object({ channel: Channel }),
  async run(input, context) {
    const slack = await openSlack(context);
    return slack.conversations.create(input);
  },
});

export const join_channel = operation({
  summary:
    "Make this app a member of a public channel, so that it can be read. Returns the channel. Take channel from list_channels.",
  effect: "write",
  idempotent: true,
  scopes: ["channels:join"],
  input: z.object({ channel: ChannelId }),
  output: z.object({ channel: Channel }),
  async run(input, context) {
    const slack = await openSlack(context);
    return slack.conversations.join(input);
  },
});

export const invite_to_channel = operation({
  summary:
    "Add people to a channel that this app is a member of. Returns the channel. Take channel from list_channels and users from lookup_user.",
  effect: "write",
  scopes: ["channels:manage"],
  input: z.object({ channel: ChannelId, users: z.array(UserId).min(1).max(100).describe("Ids of people") }),
  output: z.object({ channel: Channel }),
  async run({ channel, users }, context) {
    const slack = await openSlack(context);
    return slack.conversations.invite({ channel, users: users.join(",") });
  },
});
