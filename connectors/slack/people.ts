import * as z from "zod";
import { operation } from "#connector";
import { openSlack } from "./client.ts";
import { UserId } from "./fields.ts";

const Person = z.object({
  id: z.string(),
  name: z.string().nullish(),
  real_name: z.string().nullish(),
  is_bot: z.boolean().nullish(),
  deleted: z.boolean().nullish(),
  tz: z.string().nullish(),
  profile: z
    .object({
      display_name: z.string().nullish(),
      email: z.string().nullish(),
      title: z.string().nullish(),
      status_text: z.string().nullish(),
    })
    .nullish(),
});

export const read_workspace = operation({
  summary: "Read which workspace and user this credential belongs to. Returns their ids and names.",
  effect: "read",
  input: z.object({}),
  output: z.object({
    team_id: z.string(),
    user_id: z.string(),
    team: z.string().nullish(),
    user: z.string().nullish(),
    bot_id: z.string().nullish(),
    url: z.string().nullish(),
  }),
  async run(_input, context) {
    const slack = await openSlack(context);
    return slack.auth.test();
  },
});

export const lookup_user = operation({
  summary:
    "Find a person of the workspace by email address, or by the user id that a message names. Returns id, names and time zone.",
  effect: "read",
  scopes: ["users:read", "users:read.email"],
  input: z
    .object({
      email: z.email().max(254).exactOptional(),
      user: UserId.exactOptional().describe("A user's id, e.g. from read_channel"),
    })
    .refine(({ email, user }) => (email === undefined) !== (user === undefined), "Give either email or user."),
  output: z.object({ user: Person }),
  async run({ email, user }, context) {
    const { users } = await openSlack(context);
    return email === undefined ? users.info({ user: user ?? "" }) : users.lookupByEmail({ email });
  },
});
