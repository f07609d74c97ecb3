import { apiKey, type Connector } from "#connector";
import type { Target } from "../egress/open-egress.ts";

/** A connector with as little in it as there can be; its credential is a bearer token. */
export function makeConnector(parts: Partial<Connector> = {}): Connector {
  return {
    id: "demo",
    name: "Demo",
    version: "1.0.0",
    category: "testing",
    capabilities: [],
    auth: [apiKey({ env: "DEMO_TOKEN", label: "Token", header: "authorization", prefix: "Bearer " })],
    operations: {},
    ...parts,
  };
}

/** The target of a reading call to `baseUrl`, with a credential. */
export function makeTarget(baseUrl: string, parts: Partial<Target> = {}): Target {
  return {
    connector: makeConnector(),
    mode: "live",
    baseUrl,
    credentials: { DEMO_TOKEN: "token-0123456789" },
    config: {},
    effect: "read",
    signal: new AbortController().signal,
    idempotencyKey: "call_1",
    ...parts,
  };
}
