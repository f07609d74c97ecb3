import { createHash } from "node:crypto";
import type { Inbound, InboundEvent } from "../connector/inbound.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { HearingParts } from "./hearing-parts.ts";
import type { Told } from "./take-in.ts";

/** What an update tells that the hub asked for. One that can't be read must not keep others from being heard. */
export function readUpdate({ onFault }: HearingParts, inbound: Inbound, row: IntegrationRow, update: unknown): Told[] {
  try {
    const events = inbound.read({ body: update, headers: {} }, { id: row.account_id, label: row.label });
    return events.map((event, index) => ({ event, names: [event.id ?? `${digestOf(update)}#${index}`] }));
  } catch (error) {
    onFault(`${row.service}:${row.label} said something that could not be read.`, error);
    const event: InboundEvent = { type: "unreadable" };
    return [{ event, names: [digestOf(update)] }];
  }
}

function digestOf(update: unknown): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(update)).digest("hex")}`;
}
