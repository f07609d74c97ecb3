import * as z from "zod";
import { type CallContext, operation } from "#connector";

const Event = z.object({
  type: z
    .string()
    .max(128)
    .regex(/^\w+(\.\w+)*$/, "write words with dots between, e.g. report.finished")
    .describe("What happened, as words with dots between, e.g. report.finished"),
  data: z.record(z.string(), z.unknown()).describe("The facts of the event, as the receiver expects them"),
  timestamp: z.iso.datetime().exactOptional().describe("When it happened, as ISO 8601 in UTC; now when absent"),
});

const Delivered = z.object({
  id: z.string().describe("What the receiver knows this event by, the same however often it is sent"),
  receiver: z.string().describe("The host that took it"),
  timestamp: z.string(),
});

export const send_event = operation({
  summary:
    "Send a signed event to the webhook's receiver. Returns the id and time it was sent with once the receiver took it. Ask the owner which types and data the receiver understands.",
  effect: "write",
  input: Event,
  output: Delivered,
  run: deliver,
});

export const ping = operation({
  summary:
    "Send a hub.ping event to the webhook's receiver to see that it accepts events. Returns the id and time it was sent with.",
  effect: "write",
  idempotent: true,
  input: z.object({}),
  output: Delivered,
  run: (_input, context) => deliver({ type: "hub.ping", data: {} }, context),
});

/** Posts the envelope of https://www.standardwebhooks.com to the integration's address itself. */
async function deliver(
  { type, data, timestamp = new Date().toISOString() }: z.output<typeof Event>,
  { baseUrl, http, idempotencyKey }: CallContext,
) {
  await http.request("POST", "", { body: { type, timestamp, data }, answer: "ignored" });
  return { id: idempotencyKey, receiver: new URL(baseUrl).host, timestamp };
}
