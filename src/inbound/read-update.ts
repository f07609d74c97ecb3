import { createHash } from "node:crypto";
import type { Hearer, Inbound, InboundEvent } from "../connector/inbound.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { HearingParts } from "./hearing-parts.ts";
import type { Told } from "./take-in.ts";

/** As whom an account hears. */
export function hearerOf({ account_id, account_name, label }: IntegrationRow): Hearer {
  return { id: account_id, name: account_name ?? label };
}

/** What an update tells that the hub asked for. One that can't be read must not keep others from being heard. */
export function readUpdate({ onFault }: HearingParts, inbound: Inbound, row: IntegrationRow, update: unknown): Told[] {
  try {
    const events = inbound.read({ body: update, headers: {} }, hearerOf(row));
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
