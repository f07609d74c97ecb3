import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Hub } from "../../hub.ts";
import { METRICS_TYPE } from "../../telemetry/metrics.ts";
import { addProcessMetrics } from "../../telemetry/process-metrics.ts";
import { listen } from "./listen.ts";

interface MetricsServer extends AsyncDisposable {
  /** Where the metrics are read, if anywhere. */
  readonly url: string | undefined;
}

/**
 * Serves the metrics to whoever reaches their port, if there is one.
 *
 * They are about the hub as a whole, which no workspace's key is for; who may read them is decided where the port is.
 */
export async function serveMetrics(hub: Hub): Promise<MetricsServer> {
  const { host, metricsPort } = hub.config.server;
  if (metricsPort === undefined) return { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };

  addProcessMetrics(hub.metrics);
  const server = createServer((request, response) => void answer(hub, request, response));
  const origin = await listen(server, host, metricsPort, "PATCHBAY_METRICS_PORT");
  return {
    url: `${origin}/metrics`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer({ metrics }: Hub, { url }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url !== "/metrics") return void response.writeHead(404).end();
  const text = await metrics.render();
  response.writeHead(200, { "content-type": METRICS_TYPE }).end(text);
}
