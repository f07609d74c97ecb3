import type { Effect } from "#connector";
import { HubError } from "../errors.ts";
import { checkPath } from "./destinations.ts";

/** What passes the proxy, each with what it does as far as its name tells. */
export const PROXIED_METHODS: Readonly<Record<string, Effect>> = {
  GET: "read",
  HEAD: "read",
  OPTIONS: "read",
  POST: "write",
  PUT: "write",
  PATCH: "write",
  DELETE: "destructive",
  QUERY: "write",
  SEARCH: "write",
  PROPFIND: "write",
  PROPPATCH: "write",
  REPORT: "write",
  MKCOL: "write",
  MKCALENDAR: "write",
  COPY: "write",
  MOVE: "write",
  LOCK: "write",
  UNLOCK: "write",
};

/** A method as the proxy takes it; one that opens a tunnel or echoes the request, credential and all, is refused. */
export function readMethod(written: string): string {
  const method = written.toUpperCase();
  if (Object.hasOwn(PROXIED_METHODS, method)) return method;
  const allow = Object.keys(PROXIED_METHODS).join(", ");
  throw new HubError("method_not_allowed", `The method ${method.slice(0, 20)} does not pass the proxy.`, {
    hint: `These do: ${allow}.`,
    details: { allow },
  });
}

/** Where a proxied call goes below an integration's base URL, in the one spelling that is judged and sent. */
export interface ProxiedTarget {
  /** Begins with a slash; what need not be encoded is not. */
  readonly path: string;
  /** With its question mark, as it was written; or empty. */
  readonly query: string;
}

const LIMIT = 8192;

/** The characters that https://www.rfc-editor.org/rfc/rfc3986#section-3.3 lets stand in a path as they are. */
const IN_PATH = /^[\w\-.~!$&'()*+,;=:@%/]*$/;

/**
 * Reads a path and query as an agent wrote them.
 *
 * Refused is whatever a server could read as another path than the one that is judged here: dot segments in any
 * spelling, doubled slashes, backslashes, control characters, bytes that are not UTF-8.
 */
export function readTarget(written: string): ProxiedTarget {
  const mark = written.indexOf("?");
  const path = (mark === -1 ? written : written.slice(0, mark)) || "/";
  const query = mark === -1 ? "" : written.slice(mark);
  if (written.length > LIMIT) throw unreadable(`is longer than ${LIMIT} characters`, "Send in the body what is long.");
  if (!path.startsWith("/")) throw unreadable("does not begin with a slash", "Give it as in /repos/acme/web.");
  if (written.includes("#")) throw unreadable("has a fragment", "Write %23 for the character #.");
  checkPath(path);
  if (!IN_PATH.test(path) || /[^\x21-\x7e]/.test(query)) {
    throw unreadable("holds characters that an address can't", "Percent-encode what is not a letter, a digit or -._~.");
  }
  const canonical = path.replace(/%[0-9a-f]{2}/gi, spellOne);
  checkReadings(canonical);
  return { path: canonical, query };
}

/** Letters, digits and `-._~` mean the same encoded and as they are; in between stand those that must be kept apart. */
function spellOne(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return /[\w\-.~]/.test(character) ? character : encoded.toUpperCase();
}

function checkReadings(path: string): void {
  const decoded = decodeAll(path);
  if (decoded === undefined || /\p{Cc}/u.test(decoded)) {
    throw unreadable("encodes what is no text", "Percent-encode UTF-8, without control characters.");
  }
  const segments = decoded.split("/").map((segment) => segment.replace(/;.*$/s, "").trim());
  if (decoded.includes("\\") || segments.some((segment) => segment === "." || segment === "..")) {
    throw new HubError("address_refused", "The path holds an encoded `..` or backslash, which could lead elsewhere.", {
      hint: "Give the path of one thing.",
    });
  }
}

/**
 * The path as lenient servers may read it: decoded more than once, in other letters' case, without parameters, without
 * a slash at its end, up to what was an encoded `?` or `#`.
 *
 * Also for a pattern of paths, whose `*` stay.
 */
export function loosenPath(path: string): readonly string[] {
  const decoded = (decodeAll(path) ?? path).toLowerCase();
  return [...new Set([decoded, decoded.replace(/[?#].*$/s, "")].map(strip))];
}

function strip(path: string): string {
  return path
    .replaceAll(/;[^/]*/g, "")
    .replaceAll(/\/{2,}/g, "/")
    .replace(/(?<=.)\/$/, "");
}

/** Decodes until nothing is encoded any more; `undefined` for what is not UTF-8. */
function decodeAll(path: string): string | undefined {
  let text = decode(path);
  if (text === undefined) return undefined;
  for (let next = decode(text); next !== undefined && next !== text; next = decode(text)) text = next;
  return text.normalize("NFKC");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function unreadable(what: string, hint: string): HubError {
  return new HubError("invalid_input", `The path ${what}.`, { hint });
}
