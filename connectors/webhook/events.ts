import * as z from "zod";
import { type Inbound, standardWebhooks } from "#connector";

const Event = z.object({ type: z.string(), timestamp: z.string().nullish(), data: z.unknown().optional() });

/** What a program of the owner's says to an agent by an event of the type `message`. */
const Message = z.object({
  text: z.string(),
  person: z.string().max(200),
  name: z.string().max(200).nullish(),
  thread: z.string().max(200).default("main"),
});

/** Events of any program that signs as https://www.standardwebhooks.com says. */
export const inbound: Inbound = {
  signature: standardWebhooks("WEBHOOK_SECRET"),

  read({ body }) {
    const { success, data: event } = Event.safeParse(body);
    if (!success) return [{ type: "unknown" }];
    const message = Message.safeParse(event.data);
    if (event.type !== "message" || !message.success) return [{ type: event.type }];
    const { text, person, name, thread } = message.data;
    const at = z.iso.datetime({ offset: true }).safeParse(event.timestamp).data;
    const said = {
      text,
      person: { id: person, ...(typeof name === "string" && { name }) },
      chat: thread,
      thread,
      isInThread: false,
      isAddressed: true,
      ...(at !== undefined && { at: new Date(at).toISOString() }),
    };
    return [{ type: event.type, message: said }];
  },
};
