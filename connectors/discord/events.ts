import * as z from "zod";
import type { Inbound, InboundEvent } from "#connector";

const User = z.object({ id: z.string(), username: z.string().nullish(), bot: z.boolean().nullish() });

const Ping = z.object({ type: z.literal(1) });

const Command = z.object({
  id: z.string(),
  type: z.literal(2),
  channel_id: z.string(),
  guild_id: z.string().nullish(),
  member: z.object({ user: User }).nullish(),
  user: User.nullish(),
  data: z.object({
    name: z.string(),
    options: z.array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]).nullish() })).nullish(),
  }),
});

/** Shown to nobody but who asked, who may be heard by no agent: https://discord.com/developers/docs/interactions/receiving-and-responding. */
const PASSED_ON = { type: 4, data: { content: "Received.", flags: 64 } };

/** Interactions: Discord tells the hub of slash commands, and of other messages only those who hold a connection to it. */
export const inbound: Inbound = {
  signature: {
    kind: "ed25519",
    secret: "DISCORD_PUBLIC_KEY",
    signs: "{time}{body}",
    header: "x-signature-ed25519",
    sentAt: { header: "x-signature-timestamp", windowSeconds: 300 },
  },

  answer({ body }) {
    if (Ping.safeParse(body).success) return { status: 200, body: { type: 1 } };
    return Command.safeParse(body).success ? { status: 200, body: PASSED_ON } : undefined;
  },

  read({ body }) {
    const { success, data } = Command.safeParse(body);
    return success ? [readCommand(data)] : [];
  },
};

/** What was written behind the command is what is said; the command's own name where nothing was. */
function readCommand({ id, channel_id, member, user, data }: z.output<typeof Command>): InboundEvent {
  const person = member?.user ?? user;
  const type = `command.${data.name}`;
  if (!person || person.bot === true) return { id, type };
  const said = (data.options ?? []).map(({ value }) => String(value ?? "")).join(" ");
  const text = said === "" || data.name === "link" ? `/${data.name} ${said}`.trim() : said;
  return {
    id,
    type,
    message: {
      text,
      person: { id: person.id, ...(typeof person.username === "string" && { name: person.username }) },
      chat: channel_id,
      thread: channel_id,
      isInThread: false,
      isAddressed: true,
    },
  };
}
