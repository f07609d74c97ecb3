import type { Inbound } from "../connector/inbound.ts";
import { serviceIn } from "../egress/sandbox.ts";
import { destinationOf, settingsOf } from "../integrations/integrations.ts";
import { endLease, type Lease, renewLease, takeLease } from "../store/leases.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { hearBySocket } from "./hear-by-socket.ts";
import { type HearingParts, type Turn, whereWebhooksGo } from "./hearing-parts.ts";
import { pauseFor } from "./pause-for.ts";
import { poll } from "./poll.ts";
import { putWebhook } from "./put-webhook.ts";

export interface ListenOptions {
  readonly leaseMs?: number;
  /** The pause after the first failure; it doubles with each. */
  readonly pauseMs?: number;
}

export interface Listening {
  /** Lets go of every service, and of the right to listen to it. */
  stop(): Promise<void>;
}

const LEASE_MS = 30_000;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** How often what is to be listened to is looked up besides when it changes. */
const LOOK_MS = 60_000;

/**
 * Listens to every account whose service does not call the hub: asks it, or holds a connection by which it speaks. Of all
 * processes one listens to each account.
 */
export function listen(parts: HearingParts, { leaseMs = LEASE_MS, pauseMs = PAUSE_MS }: ListenOptions = {}): Listening {
  const tasks = new Map<string, Task>();
  const stop = new AbortController();
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    if (stop.signal.aborted) return;
    const wanted = new Map((await findListenable(parts)).map((row) => [taskName(row), row]));
    for (const [name, task] of tasks) if (!wanted.has(name)) task.stop();
    for (const [name, row] of wanted) {
      if (tasks.has(name)) continue;
      const task = startTask((signal) => keepListening(parts, row, { leaseMs, pauseMs }, signal));
      tasks.set(name, task);
      void task.ended.then(() => tasks.delete(name));
    }
  }

  const lookSoon = (): void => {
    looking = looking
      .then(look)
      .catch((error: unknown) => parts.onFault("What is to be listened to was not found.", error));
  };
  const stopHearing = parts.store.changes.subscribe(({ profile_id }) => {
    if (profile_id === null) lookSoon();
  });
  const timer = setInterval(lookSoon, LOOK_MS);
  timer.unref();
  lookSoon();

  return {
    async stop() {
      stop.abort();
      stopHearing();
      clearInterval(timer);
      await looking;
      for (const task of tasks.values()) task.stop();
      await Promise.all([...tasks.values()].map(({ ended }) => ended));
    },
  };
}

interface Task {
  readonly ended: Promise<void>;
  stop(): void;
}

function startTask(work: (signal: AbortSignal) => Promise<void>): Task {
  const stop = new AbortController();
  return { ended: work(stop.signal), stop: () => stop.abort() };
}

/** Another after its credentials or settings have changed. */
function taskName({ id, updated_at }: IntegrationRow): string {
  return `${id} ${updated_at}`;
}

async function findListenable(parts: HearingParts): Promise<IntegrationRow[]> {
  const rows = await parts.store.db.selectFrom("integrations").selectAll().where("status", "=", "active").execute();
  const found = await Promise.all(rows.map(async (row) => ((await isListenable(parts, row)) ? [row] : [])));
  return found.flat();
}

/** Whether a service can be listened to; in the world of test keys only one that has a sandbox. */
async function isListenable({ store, catalog }: HearingParts, row: IntegrationRow): Promise<boolean> {
  if (!catalog.services.includes(row.service)) return false;
  const connector = await catalog.connector(row.service);
  if (!connector.inbound?.poll && !connector.inbound?.socket) return false;
  return serviceIn(await destinationOf(store, row), connector) !== undefined;
}

type Timing = Required<ListenOptions>;

/** Until it is stopped, or nothing is left to do. */
async function keepListening(parts: HearingParts, row: IntegrationRow, timing: Timing, signal: AbortSignal) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const isOver = await takeTurn(parts, row, timing, signal, () => (failures = 0));
      if (isOver) return;
    } catch (error) {
      if (signal.aborted) return;
      parts.onFault(`${row.service}:${row.label} can't be heard right now.`, error);
      const pause = Math.min(timing.pauseMs * 2 ** failures, LONGEST_PAUSE_MS);
      failures += 1;
      await pauseFor(pause, signal);
    }
  }
}

/** Listens as long as this process has the right to; true where that is all there is to do. */
async function takeTurn(
  parts: HearingParts,
  row: IntegrationRow,
  timing: Timing,
  signal: AbortSignal,
  onHeard: () => void,
) {
  const { inbound } = await parts.catalog.connector(row.service);
  const lease = await takeLease(parts.store, `listen ${row.id}`, timing.leaseMs);
  if (!inbound || !lease) {
    await pauseFor(timing.leaseMs / 3, signal);
    return false;
  }
  const held = holdLease(parts, lease, timing.leaseMs, signal);
  try {
    return await hear(parts, inbound, row, { lease, signal: held.signal, onHeard });
  } finally {
    held.stop();
    await endLease(parts.store, lease);
  }
}

/** By webhook where the service can be told of one, else by connection where there is a credential for it, else by asking. */
async function hear(parts: HearingParts, inbound: Inbound, row: IntegrationRow, turn: Turn): Promise<boolean> {
  const credentials = await parts.keptOf(row);
  const isOff = inbound.isOff?.(settingsOf(row)) === true;
  const url = isOff ? undefined : whereWebhooksGo(parts, row);
  const isCalled = inbound.webhook && (await putWebhook(parts, inbound.webhook, inbound.signature, row, url));
  if (isCalled || isOff) return true;
  if (inbound.socket && credentials[inbound.socket.credential] !== undefined) {
    await hearBySocket(parts, inbound, inbound.socket, row, turn);
    return false;
  }
  if (!inbound.poll) return true;
  await poll(parts, inbound, inbound.poll, row, turn);
  return false;
}

/** Renews a lease while it is used; the signal says when it is lost. */
function holdLease({ store, onFault }: HearingParts, lease: Lease, leaseMs: number, signal: AbortSignal) {
  const lost = new AbortController();
  const timer = setInterval(() => {
    renewLease(store, lease, leaseMs)
      .then((isHeld) => isHeld || lost.abort())
      .catch((error: unknown) => {
        onFault("A lease was not renewed.", error);
        lost.abort();
      });
  }, leaseMs / 3);
  timer.unref();
  return { signal: AbortSignal.any([signal, lost.signal]), stop: () => clearInterval(timer) };
}
