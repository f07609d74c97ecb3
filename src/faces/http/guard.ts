import type { IncomingHttpHeaders } from "node:http";
import { HubError } from "../../errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses requests that a page in someone's browser could have caused: a foreign `Host` (DNS rebinding) or `Origin`.
 *
 * Own hosts are loopback, the address that is listened on, and the public URL's. A hub that listens on every address
 * can't know its names, so there any literal address will do.
 */
export function openGuard(host: string, publicUrl: string | undefined): (headers: IncomingHttpHeaders) => void {
  const listened = host.includes(":") ? `http://[${host}]` : `http://${host}`;
  const own = new Set([...LOOPBACK, ...[listened, publicUrl ?? listened].map(hostname)]);
  const isEverywhere = host === "0.0.0.0" || host === "::";
  return (headers) => {
    const name = hostname(`http://${headers.host ?? ""}`);
    if (name === undefined || !(own.has(name) || (isEverywhere && isAddress(name)))) {
      throw new HubError("not_granted", "The request's Host is not one of this hub's.", {
        hint: "Set PATCHBAY_PUBLIC_URL to the address by which the hub is reached.",
      });
    }
    if (headers.origin === undefined) return;
    const origin = hostname(headers.origin);
    if (origin === undefined || !(own.has(origin) || origin === name)) {
      throw new HubError("not_granted", "The request's Origin is not one of this hub's.", {
        hint: "Call the hub from a program rather than from another site's page.",
      });
    }
  };
}

function hostname(url: string): string | undefined {
  return URL.parse(url)?.hostname;
}

function isAddress(name: string): boolean {
  return name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}
