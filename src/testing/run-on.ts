import * as z from "zod";
import type { Connector } from "#connector";
import { openEgress } from "../egress/open-egress.ts";
import { runOperation } from "../egress/run-operation.ts";
import { HubError } from "../errors.ts";
import type { Service } from "./start-service.ts";

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
  const egress = openEgress({ allowPrivateHosts: [new URL(baseUrl).host], sleep: () => Promise.resolve() });
  try {
    return await runOperation(egress, {
      connector,
      operation,
      input: parseInput(connector, operation, input),
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

function parseInput(connector: Connector, operation: string, input: unknown): Record<string, unknown> {
  const parsed = connector.operations[operation]?.input.strict().safeParse(input);
  if (parsed?.success === false) {
    throw new HubError("invalid_input", `${operation} can't take that: ${z.prettifyError(parsed.error)}`);
  }
  return parsed?.data ?? {};
}
