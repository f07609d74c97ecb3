import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

/** What any process has, by the names that dashboards know. */
export function addProcessMetrics(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000 - process.uptime();

  metrics.watch("counter", "process_cpu_seconds_total", "Processor time used.", () => {
    const { user, system } = process.cpuUsage();
    return [{ value: (user + system) / 1e6 }];
  });
  metrics.watch("gauge", "process_resident_memory_bytes", "Memory held.", () => [{ value: process.memoryUsage.rss() }]);
  metrics.watch("gauge", "process_start_time_seconds", "When the process started.", () => [{ value: startedAt }]);
  metrics.watch("gauge", "nodejs_heap_size_used_bytes", "Memory that JavaScript uses.", () => [
    { value: process.memoryUsage().heapUsed },
  ]);
  metrics.watch("gauge", "nodejs_eventloop_lag_seconds", "Delay of the event loop since the last reading.", () => {
    const samples = [50, 99].map((percent) => ({
      labels: { quantile: String(percent / 100) },
      value: delay.count === 0 ? 0 : delay.percentile(percent) / 1e9,
    }));
    delay.reset();
    return samples;
  });
}
