import type { Connector } from "#connector";
import { parseInput } from "../call/parse-input.ts";
import { openEgress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import type { Service } from "./loopback-server.ts";

interface RunOptions {
  readonly credentials: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * Runs a connector's operation against a fake service, by the egress that real calls take.
 *
 * Unknown fields of the input are refused, as for an agent. Retries don't wait.
 */
export async function runOn(
  service: Service | string,
  connector: Connector,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  { credentials, config = {} }: RunOptions,
): Promise<unknown> {
  const baseUrl = typeof service === "string" ? service : service.url;
  const declared = connector.operations[operation];
  const egress = openEgress({ allowPrivateHosts: [new URL(baseUrl).host], sleep: () => Promise.resolve() });
  try {
    return await runOperation(egress, {
      connector,
      mode: "live",
      operation,
      input: declared ? parseInput(operation, declared.input, input) : input,
      baseUrl,
      credentials,
      config: connector.config?.parse(config) ?? {},
      signal: new AbortController().signal,
      idempotencyKey: crypto.randomUUID(),
    });
  } finally {
    await egress.close();
  }
}
