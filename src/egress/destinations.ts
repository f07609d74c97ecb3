import { isIP } from "node:net";
import { HubError } from "../errors.ts";
import { isPublicAddress } from "./addresses.ts";
import type { PrivateHosts } from "./private-hosts.ts";

interface Destinations {
  readonly service: string;
  /** The integration's address. */
  readonly base: URL;
  readonly allowHosts: readonly string[];
  readonly isAllowedPrivate: PrivateHosts;
}

/** Refuses every URL but those below an integration's base URL and on its connector's `allowHosts`. */
export type CheckDestination = (url: URL) => void;

/** Decides where an integration's requests, and with them its credential, may go. */
export function limitDestinations({ service, base, allowHosts, isAllowedPrivate }: Destinations): CheckDestination {
  const mayBePlain = (url: URL): boolean =>
    isAllowedPrivate(url) || (isAllowedPrivate(base) && base.protocol === "http:");
  const hosts = new Set(allowHosts);

  function checkAddress(url: URL): void {
    if (url.username !== "" || url.password !== "") {
      throw new HubError("address_refused", `The address of ${url.host} carries a user name or password.`, {
        hint: "Give the credential in its own field.",
      });
    }
    if (url.protocol !== "https:" && !(url.protocol === "http:" && mayBePlain(url))) {
      throw new HubError("address_refused", `${url.protocol}//${url.host} is not reached: only https addresses are.`, {
        hint: adviseOnOwn(url.host),
      });
    }
    if (isPrivateLiteral(url.hostname) && !isAllowedPrivate(url)) {
      throw refusedAddress(url.host);
    }
  }

  checkAddress(base);
  return (url) => {
    const isListed = hosts.has(url.host) || hosts.has(url.hostname);
    if (url.origin !== base.origin && !isListed) {
      throw new HubError("address_refused", `${service} may not reach ${url.host}.`, {
        hint: `An integration reaches ${base.host} and the hosts that its connector lists, and no others.`,
      });
    }
    if (!isListed && !isBelow(url, base)) {
      throw new HubError("address_refused", `${service} may not leave ${base.href}.`, {
        hint: "An integration reaches what is below its base URL.",
      });
    }
    checkAddress(url);
  };
}

/** The error for an address of a private network, told apart from a network failure by whoever connects. */
export function refusedAddress(host: string): HubError {
  return new HubError("address_refused", `${host} is a private address, which is not reached.`, {
    hint: adviseOnOwn(host),
  });
}

function adviseOnOwn(host: string): string {
  return `If it is your own service, list ${host} in PATCHBAY_ALLOW_PRIVATE_HOSTS.`;
}

/** Connecting to an address asks no resolver. The URL parser has turned decimal, octal and hexadecimal into the usual form. */
function isPrivateLiteral(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isIP(address) !== 0 && !isPublicAddress(address);
}

function isBelow(url: URL, base: URL): boolean {
  const path = base.pathname.replace(/\/$/, "");
  return url.pathname === path || url.pathname.startsWith(`${path}/`);
}

/** Refuses a path, as a connector or an agent wrote it, that would not stay below the base URL. */
export function checkPath(path: string): void {
  const written = path.replace(/[?#].*$/s, "");
  const leadsElsewhere = decodeSeparators(written)
    .split("/")
    .some((segment) => segment === "." || segment === "..");
  if (leadsElsewhere || written.includes("//") || written.includes("\\")) {
    throw new HubError("address_refused", "The path holds `..`, `//` or a backslash, which could lead elsewhere.", {
      hint: "Give the path of one thing, with its special characters encoded.",
    });
  }
}

/** Decodes dots and slashes, also when encoded twice, since some servers decode before they route. */
function decodeSeparators(path: string): string {
  return path
    .replace(/%(?:25)+/gi, "%")
    .replace(/%2e/gi, ".")
    .replace(/%2f|%5c/gi, "/");
}
