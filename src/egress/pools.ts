import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Agent } from "undici";
import { isPublicAddress } from "./addresses.ts";
import { refusedAddress } from "./destinations.ts";
import type { PrivateHosts } from "./private-hosts.ts";
import type { Outgoing } from "./placement.ts";

/** Connections kept open between calls, to public addresses and to the private ones that the operator allows. */
export interface Pools {
  /** Sends once, follows nothing, and gives back the answer as the service sent it. */
  dispatch(request: Outgoing, signal: AbortSignal): Promise<Response>;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

/**
 * Opens no connection and loads no library before the first request: undici takes some 150 ms to load.
 *
 * Addresses are checked when a connection is made, on what the name resolved to, so a name can't first pass and then
 * lead elsewhere. Addresses that need no resolving are checked with the URL.
 */
export function openPools(isAllowedPrivate: PrivateHosts, connectionsPerOrigin: number): Pools {
  const agents = new Map<"public" | "private", Agent>();

  return {
    async dispatch({ url, method, headers, body }, signal) {
      const { Agent, fetch } = await import("undici");
      const kind = isAllowedPrivate(url) ? "private" : "public";
      const agent =
        agents.get(kind) ??
        new Agent({
          allowH2: false,
          connections: connectionsPerOrigin,
          headersTimeout: 0,
          bodyTimeout: 0,
          ...(kind === "public" && { connect: { lookup: lookupPublic } }),
        });
      agents.set(kind, agent);
      return fetch(url, {
        method,
        headers: [...headers],
        redirect: "manual",
        dispatcher: agent,
        signal,
        ...(body && { body }),
      });
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

/** The system's resolver, except that a name with any address inside a private network does not resolve. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      return callback(error, "");
    }
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(refusedAddress(hostname), "");
    }
    const [first] = addresses;
    return options.all ? callback(null, addresses) : callback(null, first?.address ?? "", first?.family);
  });
};
