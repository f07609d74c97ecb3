/** Tells whether the operator lets egress reach a URL's host although it may be private. */
export type PrivateHosts = (url: URL) => boolean;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Reads `host` and `host:port` entries; one name of the loopback stands for all of them. */
export function allowPrivateHosts(entries: readonly string[]): PrivateHosts {
  const allowed = new Set(entries.map((entry) => entry.trim().toLowerCase()).flatMap(spellings));
  return (url) => {
    const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : url.port;
    return allowed.has(url.hostname) || allowed.has(`${url.hostname}:${port}`);
  };
}

function spellings(entry: string): readonly string[] {
  const name = LOOPBACK.find((loopback) => entry === loopback || entry.startsWith(`${loopback}:`));
  return name === undefined ? [entry] : LOOPBACK.map((loopback) => loopback + entry.slice(name.length));
}
