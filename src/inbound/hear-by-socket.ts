import type { Inbound, Socket } from "../connector/inbound.ts";
import { HubError } from "../errors.ts";
import { holdsLease } from "../store/leases.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { type HearingParts, type Turn, withSession } from "./hearing-parts.ts";
import { readUpdate } from "./read-update.ts";
import { takeIn } from "./take-in.ts";

/** Hears a service by a connection until the service ends it. Each update is stored before its receipt is sent. */
export async function hearBySocket(
  parts: HearingParts,
  inbound: Inbound,
  socket: Socket,
  row: IntegrationRow,
  { lease, signal, onHeard }: Turn,
): Promise<void> {
  const connector = await parts.catalog.connector(row.service);
  const errand = { connector, row, signal, credential: socket.credential };
  const { address, baseUrl } = await withSession(parts, errand, async ({ context }) => ({
    address: await socket.open(context),
    baseUrl: context.baseUrl,
  }));
  const connection = await parts.egress.openSocket({
    service: connector.name,
    address,
    hosts: socket.hosts,
    baseUrl,
    signal,
  });
  try {
    for await (const text of connection.frames) {
      onHeard();
      const { update, receipt, isLast } = socket.read(parse(text));
      if (isLast === true) return;
      if (update === undefined) continue;
      const told = readUpdate(parts, inbound, row, update);
      if (!(await takeIn(parts, row, told, (db) => holdsLease(parts.store, db, lease)))) return;
      if (receipt !== undefined) connection.send(JSON.stringify(receipt));
    }
  } finally {
    connection.close();
  }
  signal.throwIfAborted();
  throw new HubError("service_failed", `${connector.name} has ended the connection by which it is heard.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
