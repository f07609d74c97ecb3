import * as z from "zod";
import { type Inbound, standardWebhooks } from "#connector";

const Event = z.object({ type: z.string() });

/** Events of Resend, which signs as https://www.standardwebhooks.com says, under the name of the service it signs with. */
export const inbound: Inbound = {
  signature: standardWebhooks("RESEND_WEBHOOK_SECRET", "svix"),
  read: ({ body }) => [{ type: Event.safeParse(body).data?.type ?? "unknown" }],
};
