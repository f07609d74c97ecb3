import { setTimeout } from "node:timers/promises";
import type { Hub } from "../../hub.ts";

type Finding = "ok" | "failed" | "unknown";

/** Why a hub should be sent requests, or not; nothing in it tells a stranger more than that. */
export interface Report {
  readonly status: "ready" | "not ready";
  readonly checks: {
    /** `failed` once the hub has been told to stop. */
    readonly running: Finding;
    readonly database: Finding;
    /** Whether the schema is this version's. */
    readonly schema: Finding;
    /** Whether the master key is the one that the database wants. */
    readonly master_key: Finding;
  };
}

export interface Readiness {
  check(): Promise<Report>;
  isStopping(): boolean;
  /** From here on the hub is not ready. Where a balancer watches, resolves once it had time to look elsewhere. */
  stop(): Promise<void>;
}

type Checks = Omit<Report["checks"], "running">;

const KEPT_MS = 1_000;
const LIMIT_MS = 2_000;
/** Whoever has asked lately is a balancer that will ask again. */
const WATCHED_MS = 15_000;
const NOTICE_MS = 1_500;

/** The store is asked at most once a second, since anyone may ask here. */
export function openReadiness(hub: Hub): Readiness {
  let stopping = false;
  let askedAt = -Infinity;
  let checkedAt = -Infinity;
  let checks: Promise<Checks> | undefined;

  return {
    async check() {
      const now = performance.now();
      askedAt = now;
      if (!checks || now - checkedAt > KEPT_MS) {
        checkedAt = now;
        checks = checkStore(hub);
      }
      const ofStore = await checks;
      const found = { running: stopping ? "failed" : "ok", ...ofStore } as const;
      const isReady = Object.values(found).every((finding) => finding === "ok");
      return { status: isReady ? "ready" : "not ready", checks: found };
    },
    isStopping: () => stopping,
    async stop() {
      stopping = true;
      if (performance.now() - askedAt < WATCHED_MS) await setTimeout(NOTICE_MS);
    },
  };
}

async function checkStore(hub: Hub): Promise<Checks> {
  const late = setTimeout(LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(new Error("no answer")));
  try {
    const [isCurrent, fits] = await Promise.race([Promise.all([hub.store.isCurrent(), hub.fitsMasterKey()]), late]);
    return { database: "ok", schema: isCurrent ? "ok" : "failed", master_key: fits ? "ok" : "failed" };
  } catch (error) {
    hub.log.warn("The database could not be asked whether all is well.", {}, error);
    return { database: "failed", schema: "unknown", master_key: "unknown" };
  }
}
