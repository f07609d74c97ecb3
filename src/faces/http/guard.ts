import type { IncomingHttpHeaders } from "node:http";
import { HubError } from "../../errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses requests that a page in someone's browser could have caused: a foreign `Host` (DNS rebinding) or `Origin`.
 *
 * Own hosts are loopback, the address that is listened on, and the public URL's.
 */
export function openGuard(host: string, publicUrl: string | undefined): (headers: IncomingHttpHeaders) => void {
  const own = new Set([...LOOPBACK, host, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])]);
  // Listening on every address, the hub can't know its names: only a public URL or a literal address tells them.
  return (headers) => {
    const name = hostname(`http://${headers.host ?? ""}`);
    if (name === undefined || !(own.has(name) || (host === "0.0.0.0" && isAddress(name)))) {
      throw new HubError("not_granted", "The request's Host is not one of this hub's.", {
        hint: "Set PATCHBAY_PUBLIC_URL to the address by which the hub is reached.",
      });
    }
    const { origin } = headers;
    if (origin !== undefined && !own.has(hostname(origin) ?? "")) {
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
