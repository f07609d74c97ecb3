import type { Connector } from "#connector";
import { HubError } from "../errors.ts";
import type { WorkspaceRow } from "../store/tables.ts";

/** What decides where requests go: which world they belong to, and what the integration says. */
export interface Destination {
  readonly mode: WorkspaceRow["mode"];
  /** The integration's own address, where it is not the connector's. */
  readonly baseUrl?: string;
}

/**
 * A service as requests of one world reach it: live as it is, and in the test world as its sandbox, or as the server that
 * the owner has put in its place. Undefined where there is neither, so that nothing is sent.
 *
 * Refuses an owner's address at which the service itself is.
 */
export function serviceIn({ mode, baseUrl }: Destination, connector: Connector): Connector | undefined {
  if (mode === "live") return connector;
  if (baseUrl !== undefined) {
    refuseOwnHost(connector, baseUrl);
    return { ...connector, allowHosts: [] };
  }
  const { sandbox } = connector;
  return sandbox && { ...connector, ...(sandbox.baseUrl !== undefined && { allowHosts: [] }), ...sandbox };
}

/** The service that requests go to; refuses those of the test world that have nowhere to go. */
export function requireService(destination: Destination, connector: Connector): Connector {
  const service = serviceIn(destination, connector);
  if (service) return service;
  throw new HubError("address_refused", `${connector.name} has no sandbox, so the test world sends nothing to it.`, {
    hint: "Call its tools, which are simulated, or connect it with the base URL of a test server of your own.",
  });
}

interface Request extends Destination {
  readonly connector: Connector;
  readonly credentials: Readonly<Record<string, string>>;
}

/** The same for a request with its credentials, which in the test world would reach the service itself if they are its own. */
export function admitRequest({ connector, credentials, ...destination }: Request): Connector {
  const service = requireService(destination, connector);
  const isAtHome = destination.baseUrl === undefined && service.baseUrl === connector.baseUrl;
  if (destination.mode === "test" && isAtHome) checkSandboxCredentials(service, credentials);
  return service;
}

/** Refuses, for the test world, an address at which the service itself is. */
export function refuseOwnHost(
  { name, baseUrl = "", allowHosts = [], auth }: Connector,
  address: string,
  hint = "Give the address of a test server of your own, or none.",
): void {
  const host = URL.parse(address)?.host.replace(/\.$/, "");
  const endpoints = auth.flatMap((way) =>
    way.kind === "oauth2" ? [way.authorizeUrl, way.tokenUrl, way.revokeUrl ?? ""] : [],
  );
  const own = [...allowHosts, ...[baseUrl, ...endpoints].map((url) => URL.parse(url)?.host)];
  if (host === undefined || !own.includes(host)) return;
  throw new HubError("address_refused", `At ${host} is ${name} itself, to which nothing of the test world is sent.`, {
    hint,
  });
}

/** A sandbox at the service's own address is entered by its credentials, which are told by how they look. */
function checkSandboxCredentials({ name, auth }: Connector, credentials: Readonly<Record<string, string>>): void {
  const fields = auth.flatMap((way) => (way.kind === "oauth2" ? [] : way.fields));
  for (const [env, secret] of Object.entries(credentials)) {
    const field = fields.find((each) => each.env === env);
    if (field && (!field.placement || field.pattern?.test(secret) === true)) continue;
    throw new HubError("reconnect_required", `${env} is not a credential of ${name}'s sandbox.`, {
      hint: "Connect it with one that is, or use a live key.",
    });
  }
}
