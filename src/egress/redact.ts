import { escapePattern, openRedactionStream } from "./redaction-stream.ts";

const REDACTED = "[redacted]";

/** Shorter values would blank out ordinary words. */
const MIN_SECRET_LENGTH = 6;

/** Tokens that give themselves away by their shape, so that one the hub never held does not pass either. */
const TOKEN_SHAPES = [
  String.raw`\bpb_(?:live|test)_\w+`,
  String.raw`\bgh[opsur]_\w{16,}`,
  String.raw`\bgithub_pat_\w{16,}`,
  String.raw`\bxox[a-z]-[\w-]{8,}`,
  // A bound to the search for a digit: a text of many heads would else be searched to its end from each of them.
  String.raw`\bsk-(?=[\w-]{0,200}\d)[\w-]{16,}`,
  // Resend's keys have a second underscore, by which they differ from the ids of Stripe's refunds.
  String.raw`\bre_[A-Za-z0-9]{4,16}_[A-Za-z0-9]{16,}`,
  String.raw`\bBearer +(?=\S*\d)[\w.~+/=-]{16,}`,
];

const TOKEN_HEADS = ["pb_", "gh", "xox", "sk-", "re_", "Bearer "];

const TOKENS = new RegExp(TOKEN_SHAPES.join("|"), "g");

/** Blanks what looks like a token, where no session knows the secrets. */
export function redactTokens(text: string): string {
  return text.replace(TOKENS, REDACTED);
}

/** Replaces secrets in whatever leaves egress. */
export interface Redaction {
  redact(text: string): string;
  /** Redacts bytes as they pass; of what is no text only the secrets themselves, not what looks like a token. */
  redactStream(isText: boolean): TransformStream<Uint8Array, Uint8Array>;
  /** Redacts every string of a JSON value, keys included; shares what needs no change. */
  redactValue(value: unknown): unknown;
}

/** Knows a session's credentials in the spellings in which a service or a library might repeat them. */
export function openRedaction(secrets: readonly string[]): Redaction {
  const spellings = [...new Set(secrets.flatMap(secretParts).flatMap(spell))]
    .filter((text) => text.length >= MIN_SECRET_LENGTH)
    .toSorted((one, other) => other.length - one.length);
  const pattern = new RegExp([...spellings.map(escapePattern), ...TOKEN_SHAPES].join("|"), "g");

  const redact = (text: string): string => text.replace(pattern, REDACTED);
  return {
    redact,
    redactStream: (isText) => {
      const tokens = isText ? { shapes: TOKEN_SHAPES, heads: TOKEN_HEADS } : { shapes: [], heads: [] };
      return openRedactionStream({ literals: spellings, replacement: REDACTED, ...tokens });
    },
    redactValue: (value) => mapStrings(value, redact),
  };
}

/** A credential that is a URL also leaks by its password; a web address by the path and query that make it secret. */
function secretParts(secret: string): readonly string[] {
  const url = URL.parse(secret);
  if (!url || url.host === "") {
    return [secret, secret.trim()];
  }
  const { href, password, pathname, search } = url;
  const path = /^https?:$/.test(url.protocol) ? [pathname + search, ...pathname.split("/")].filter(isLong) : [];
  return [secret, secret.trim(), href, password, decodeSafely(password), ...path];
}

/** A token, and not a word like `webhooks` or a path that anybody might name. */
function isLong(text: string): boolean {
  return text.length >= 16;
}

function decodeSafely(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

function spell(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") {
    return map(value);
  }
  if (Array.isArray(value)) {
    const mapped = value.map((item) => mapStrings(item, map));
    return mapped.some((item, index) => item !== value[index]) ? mapped : value;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value);
  const mapped = entries.map(([key, item]) => [map(key), mapStrings(item, map)] as const);
  const changed = mapped.some(([key, item], index) => key !== entries[index]?.[0] || item !== entries[index][1]);
  return changed ? Object.fromEntries(mapped) : value;
}
