import { once } from "node:events";
import { HubError } from "../errors.ts";
import type { NotificationRow } from "../store/tables.ts";
import { claimDue } from "./claim-due.ts";
import { deliver, type DeliverParts } from "./deliver.ts";
import { readContent } from "./notice.ts";
import { endOfQuiet, readQuietHours } from "./quiet-hours.ts";
import { defer, giveBack, settleDelivered, settleFailed, type SettleParts } from "./settle-attempt.ts";
import { LATE_MS } from "./reserve-slot.ts";
import { openTroubles, type Troubles } from "./troubles.ts";

export interface WorkerParts extends DeliverParts, SettleParts {
  readonly onFault: (message: string, error: unknown) => void;
  readonly leaseMs?: number;
}

/** Sends what is due. Any number of processes may: each notification is one's at a time. */
export interface Worker {
  /** Goes on until it is stopped. */
  start(): void;
  /** Looks for what is due now rather than a moment later. */
  wake(): void;
  /** Resolves when nothing is due, or after some seconds. */
  drain(): Promise<void>;
  /** Finishes what is being sent, and gives back what takes too long. */
  stop(): Promise<void>;
}

const AT_ONCE = 8;
const POLL_MS = 250;
const ATTEMPT_MS = 30_000;
/** Longer than an attempt may take; after it another process may assume that the holder died. */
const LEASE_MS = 60_000;
const DRAIN_MS = 3_000;
const STOP_MS = 2_500;

export function openWorker(parts: WorkerParts): Worker {
  const { store, now, leaseMs = LEASE_MS } = parts;
  /** By integration. */
  const sending = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const troubles = openTroubles(now);

  /** Whether there was anything to send. */
  async function claim(): Promise<boolean> {
    const { limit, skip } = troubles.limit(AT_ONCE - sending.size, [...sending.keys()]);
    if (limit <= 0 || stopping.signal.aborted) return false;
    const rows = await claimDue(store, { nowMs: now(), leaseMs, limit, busy: [...sending.keys(), ...skip] });
    for (const row of rows) {
      const sent = send({ ...parts, troubles }, row, stopping.signal).finally(() => {
        sending.delete(row.integration_id);
        if (timer) void look();
      });
      sending.set(row.integration_id, sent);
    }
    return rows.length > 0;
  }

  const { look, looked } = openLook(claim, parts.onFault);

  return {
    start() {
      timer = setInterval(() => void look(), POLL_MS).unref();
    },
    wake() {
      if (timer) void look();
    },
    async drain() {
      const timeUp = AbortSignal.timeout(DRAIN_MS);
      while (!timeUp.aborted && ((await look()) || sending.size > 0)) await anyOf(sending.values(), timeUp);
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await looked();
      await anyOf([Promise.all(sending.values())], AbortSignal.timeout(STOP_MS));
      stopping.abort(new HubError("cancelled", "The hub is stopping."));
      await Promise.all(sending.values());
    },
  };
}

/** Looks for what is due, one look at a time, so that no integration is sent through twice at once. */
function openLook(claim: () => Promise<boolean>, onFault: WorkerParts["onFault"]) {
  let looking: Promise<boolean> | undefined;

  /** Each claim leaves some places free, and looks at a part of what is due. */
  async function claimSome(): Promise<boolean> {
    let found = false;
    for (let claims = 0; claims < AT_ONCE && (await claim()); claims += 1) found = true;
    return found;
  }

  function look(): Promise<boolean> {
    looking ??= claimSome()
      .catch((error: unknown) => {
        onFault("The outbox could not be read, which is tried again.", error);
        return false;
      })
      .finally(() => (looking = undefined));
    return looking;
  }

  return { look, looked: () => looking };
}

interface Sending extends WorkerParts {
  readonly troubles: Troubles;
}

/** Resolves when one of these does, or the time is up. */
async function anyOf(work: Iterable<Promise<unknown>>, timeUp: AbortSignal): Promise<void> {
  const pending = [...work];
  if (pending.length > 0) await Promise.race([...pending, once(timeUp, "abort")]);
}

async function send(parts: Sending, row: NotificationRow, stopping: AbortSignal): Promise<void> {
  try {
    await attempt(parts, row, stopping);
  } catch (error) {
    // It is tried again when the lease is over.
    parts.onFault(`What became of ${row.id} could not be stored.`, error);
  }
}

async function attempt({ troubles, ...parts }: Sending, row: NotificationRow, stopping: AbortSignal): Promise<void> {
  const fromMs = await findHeld(parts, row);
  if (fromMs !== undefined && (await defer(parts, row, fromMs))) return;
  try {
    await deliver(parts, row, AbortSignal.any([stopping, AbortSignal.timeout(ATTEMPT_MS)]));
  } catch (error) {
    if (isLikelyDone(error)) return settleDelivered(parts, row);
    if (stopping.aborted) return giveBack(parts, row);
    if (!(error instanceof HubError)) parts.onFault(`${row.id} could not be sent.`, error);
    troubles.note(row.integration_id, error);
    return settleFailed(parts, row, error);
  }
  troubles.end(row.integration_id);
  await settleDelivered(parts, row);
}

/** Whether the service took it, and answered in a way that nobody understands: saying it again would be saying it twice. */
function isLikelyDone(error: unknown): boolean {
  return error instanceof HubError && error.details["isLikelyDone"] === true;
}

/**
 * From when on it may take its turn, where it is held back: in quiet hours, or because it is so late, as after the hub was off,
 * that much else is as well.
 *
 * Asked at each attempt, since quiet hours can have been set after it was accepted. Whoever wrote to an agent is awake, and a
 * program always is: what is for them goes out.
 */
async function findHeld({ store, now }: WorkerParts, row: NotificationRow): Promise<number | undefined> {
  const { thread, event } = readContent(row);
  if (row.urgency === "high" || thread !== undefined || event) return undefined;
  const hours = await readQuietHours(store.db, row.workspace_id);
  const isLate = now() - Date.parse(row.due_at) > LATE_MS;
  return (hours && endOfQuiet(hours, now())) ?? (isLate ? now() : undefined);
}
