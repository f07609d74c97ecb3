import * as z from "zod";
import { type CallContext, operation, serviceError } from "#connector";

const Event = z.object({
  type: z
    .string()
    .max(128)
    .regex(/^\w+(\.\w+)*$/)
    .describe("What happened, as words with dots between, e.g. report.finished"),
  data: z.record(z.string(), z.unknown()).describe("The facts of the event, as the receiver expects them"),
  timestamp: z.iso.datetime().optional().describe("When it happened, as ISO 8601 in UTC; now when absent"),
});

const Delivered = z.object({
  id: z.string().describe("What the receiver knows this event by, the same however often it is sent"),
  receiver: z.string().describe("The host that took it"),
  type: z.string(),
  timestamp: z.string(),
});

export const send_event = operation({
  summary:
    "Send a signed event to the webhook's receiver. Returns the id and time it was sent with once the receiver took it. Ask the owner which types and data the receiver understands.",
  effect: "write",
  input: Event,
  output: Delivered,
  run: (event, context) => deliver(event, context),
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

/**
 * Posts the envelope of https://www.standardwebhooks.com to the integration's address itself; any 2xx means received.
 *
 * Not through `http`, which would want the receiver's answer to be JSON.
 */
async function deliver(
  { type, data, timestamp = new Date().toISOString() }: z.output<typeof Event>,
  context: CallContext,
) {
  const { baseUrl, fetch, signal, idempotencyKey } = context;
  const response = await fetch(baseUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type, timestamp, data }),
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) {
    const hint = ADVICE[response.status];
    throw serviceError("Webhook", { status: response.status, ...(hint !== undefined && { hint }) });
  }
  return { id: idempotencyKey, receiver: new URL(baseUrl).host, type, timestamp };
}

const ADVICE: Readonly<Record<number, string>> = {
  401: "Ask the owner whether the receiver has the same signing secret.",
  404: "Ask the owner whether the address is right.",
  410: "The receiver wants no more events: stop sending, and ask the owner to disconnect the webhook.",
};
