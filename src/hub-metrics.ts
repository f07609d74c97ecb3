import type { Audit } from "./audit/open-audit.ts";
import type { Store } from "./store/open.ts";
import { type Metrics, openMetrics } from "./telemetry/metrics.ts";
import { VERSION } from "./version.ts";

interface HubMetricsParts {
  readonly store: Store;
  readonly audit: Audit;
  readonly onFault: (message: string, error: unknown) => void;
}

/** The hub's metrics, with those that are looked up when somebody reads them. */
export function openHubMetrics({ store, audit, onFault }: HubMetricsParts): Metrics {
  const metrics = openMetrics(onFault);
  metrics.watch("gauge", "patchbay_info", "The version that runs.", () => [{ labels: { version: VERSION }, value: 1 }]);
  metrics.watch("gauge", "patchbay_audit_queue_entries", "Entries of the ledger that wait for a commit.", () => [
    { value: audit.waiting() },
  ]);
  metrics.watch("gauge", "patchbay_database_connections", "Connections of the pool, and callers that wait.", () =>
    Object.entries(store.engine.connections()).map(([state, value]) => ({ labels: { state }, value })),
  );
  const waiting = (): Promise<Waiting> => readWaiting(store, new Date());
  metrics.watch(
    "gauge",
    "patchbay_outbox_notifications",
    "Notifications to be sent, also those not yet due.",
    async () => [{ value: (await waiting()).count }],
  );
  metrics.watch("gauge", "patchbay_outbox_overdue_seconds", "How long the oldest of them has been due.", async () => [
    { value: (await waiting()).overdueSeconds },
  ]);
  return metrics;
}

interface Waiting {
  readonly count: number;
  readonly overdueSeconds: number;
}

/** Of all workspaces: it is about the hub. */
async function readWaiting({ db }: Store, now: Date): Promise<Waiting> {
  const { count, oldest } = await db
    .selectFrom("notifications")
    .where("status", "=", "accepted")
    .select(({ fn }) => [fn.countAll<number>().as("count"), fn.min("due_at").as("oldest")])
    .executeTakeFirstOrThrow();
  const overdueMs = oldest === null ? 0 : Math.max(0, now.getTime() - Date.parse(oldest));
  return { count, overdueSeconds: overdueMs / 1000 };
}
