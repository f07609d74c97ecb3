import type { Connector } from "#connector";

/** They concern one connection: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1. */
const HOP_BY_HOP = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/** What the hub says itself, what would make another call of this one, and whose secrets are not the service's. */
const NOT_SENT = new Set([
  ...HOP_BY_HOP,
  "accept-charset",
  "accept-encoding",
  "authorization",
  "content-length",
  "cookie",
  "cookie2",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "origin",
  "referer",
  "via",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-real-ip",
]);
const NOT_SENT_PREFIXES = ["proxy-", "sec-", "x-forwarded-", "x-original-", "x-rewrite-", "patchbay-"];

/** What a service says to a browser about its own origin, or about a body that the hub has decoded. */
const NOT_PASSED = new Set([
  ...HOP_BY_HOP,
  "alt-svc",
  "cache-control",
  "clear-site-data",
  "content-encoding",
  "content-length",
  "content-location",
  "expires",
  "location",
  "nel",
  "pragma",
  "public-key-pins",
  "refresh",
  "report-to",
  "reporting-endpoints",
  "server",
  "service-worker-allowed",
  "set-cookie",
  "set-cookie2",
  "sourcemap",
  "strict-transport-security",
  "via",
  "x-frame-options",
  "x-powered-by",
  "x-sourcemap",
]);
const NOT_PASSED_PREFIXES = ["access-control-", "content-security-policy", "cross-origin-", "proxy-", "patchbay-"];

/** A browser that is shown a service's answer must neither run it, nor guess its type, nor keep it. */
const SECURITY: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The headers of a proxied call that its service is sent. */
export function filterSent(given: Iterable<readonly [string, string]>, connector: Connector): Headers {
  const placed = connector.auth
    .flatMap((auth) => (auth.kind === "oauth2" ? [] : auth.fields))
    .flatMap(({ placement }) => (placement && "header" in placement ? [placement.header.toLowerCase()] : []));
  return keep(given, (name) => {
    // Behind gateways such as WSGI and Rack an underscore is read as a dash.
    const read = name.replaceAll("_", "-");
    return !NOT_SENT.has(read) && !placed.includes(read) && !hasPrefix(read, NOT_SENT_PREFIXES);
  });
}

/** The headers of a service's answer that a caller is given. */
export function filterPassed(answer: Headers): Headers {
  const passed = keep(answer, (name) => !NOT_PASSED.has(name) && !hasPrefix(name, NOT_PASSED_PREFIXES));
  for (const [name, value] of Object.entries(SECURITY)) passed.set(name, value);
  return passed;
}

function keep(given: Iterable<readonly [string, string]>, isKept: (name: string) => boolean): Headers {
  const headers = [...given].map(([name, value]) => [name.toLowerCase(), value] as const);
  const named = headers
    .filter(([name]) => name === "connection")
    .flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  const kept = new Headers();
  for (const [name, value] of headers) if (isKept(name) && !named.includes(name)) kept.append(name, value);
  return kept;
}

function hasPrefix(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
