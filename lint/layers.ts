/** The rooms of `src/` from top to bottom. Imports point down, and rooms on one line don't import each other. */
export const layers: readonly (readonly string[])[] = [
  ["main", "testing"],
  ["faces"],
  ["apply-config", "bootstrap"],
  ["hub", "client"],
  ["config", "hub-metrics"],
  ["actions"],
  ["notify", "inbound", "discovery"],
  ["call"],
  ["integrations"],
  ["catalog", "access"],
  ["vault", "audit", "egress"],
  ["store"],
  ["connector", "log", "located-json", "telemetry"],
  ["errors", "digest", "nearest", "version"],
];

/** The one room that loads connectors; everything else sees them through it. */
export const connectorLoader = "catalog";

/** A module that can open a connection. */
interface Outlet {
  /** The exports that do it; the whole module when absent. */
  readonly names?: readonly string[];
  readonly rooms: readonly string[];
}

/** Every way out that Node or a dependency offers, and the rooms that may take it. */
export const outlets: Readonly<Record<string, Outlet>> = {
  undici: { rooms: ["egress"] },
  mysql2: { rooms: ["egress"] },
  pg: { rooms: ["egress", "store"] },
  "node:http": { names: ["request", "get", "Agent", "globalAgent", "ClientRequest"], rooms: ["egress"] },
  "node:https": { names: ["request", "get", "Agent", "globalAgent"], rooms: ["egress"] },
  "node:http2": { names: ["connect"], rooms: ["egress"] },
  "node:net": { names: ["connect", "createConnection", "Socket", "Stream"], rooms: ["egress"] },
  "node:tls": { names: ["connect", "TLSSocket"], rooms: ["egress"] },
  "node:dgram": { rooms: ["egress"] },
  "node:dns": { rooms: ["egress"] },
  "node:dns/promises": { rooms: ["egress"] },
};

/** The official SDKs, each with the connector that is built on it. */
export const sdks: Readonly<Record<string, string>> = {
  "@octokit/rest": "github",
  "@slack/web-api": "slack",
  grammy: "telegram",
};
