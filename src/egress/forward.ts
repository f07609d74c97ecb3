import { HubError } from "../errors.ts";
import type { Egress, Session, Target } from "./open-egress.ts";
import { filterPassed, filterSent } from "./proxied-headers.ts";
import type { ProxiedTarget } from "./proxied-target.ts";
import { explainFailure } from "./run-operation.ts";
import type { Passed } from "./send-through.ts";

/** A call through the proxy, and the account it acts as. */
export interface ProxiedCall extends Omit<Target, "streams"> {
  readonly method: string;
  readonly target: ProxiedTarget;
  readonly headers: Iterable<readonly [string, string]>;
  /** A stream is read while it is sent, and sent once. */
  readonly body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  /** Of a stream, in bytes, where it was said beforehand. */
  readonly bodyBytes?: number;
}

/** What a service answered, as far as a caller may see it. */
export interface ProxiedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Comes while the service sends it, and ends with an error where that breaks off. */
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * Passes a call on to a service with the credential in it, and the answer back without.
 *
 * Nothing is retried, no redirect followed, and no body held but one that has to be signed. Throws a `HubError` without a
 * secret in it where there is no answer to pass on.
 */
export async function forwardCall(egress: Egress, call: ProxiedCall): Promise<ProxiedAnswer> {
  const session = egress.session({ ...call, streams: true });
  try {
    const url = new URL(
      session.context.baseUrl + (call.target.path === "/" ? "" : call.target.path) + call.target.query,
    );
    const headers = filterSent(call.headers, call.connector);
    if (call.bodyBytes !== undefined) headers.set("content-length", String(call.bodyBytes));
    const answer = await session.send({ url, method: call.method, headers, body: call.body });
    return await present(answer, url, call, session);
  } catch (error) {
    throw explainFailure(error, call.connector, session);
  }
}

async function present(answer: Passed, url: URL, call: ProxiedCall, session: Session): Promise<ProxiedAnswer> {
  const type = answer.headers.get("content-type") ?? "text/plain";
  const isText = TEXT.test(type);
  const { status, body } = answer;
  if (body && (!isReadable(answer.headers) || (isText && (status === 206 || WIDE.test(type))))) {
    await body.cancel();
    throw uncheckable(call.connector.name);
  }
  return {
    status,
    headers: redactHeaders(answer.headers, url, call.method, session),
    body: body && body.pipeThrough(session.redactStream(isText)),
  };
}

/** Also other types are searched for the credential, but only texts for what merely looks like one. */
const TEXT = /^(?:text|multipart)\/|json|xml|javascript|form-urlencoded|graphql|yaml|toml|csv|sql/i;
/** Whose characters are not ASCII's where they could be. */
const WIDE = /charset\s*=\s*"?(?:utf-?(?:7|16|32)|ucs|iso-10646|cp037|ebcdic)/i;
/** What `fetch` decodes. */
const DECODED = new Set(["", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"]);

function isReadable(headers: Headers): boolean {
  const codings = (headers.get("content-encoding") ?? "").toLowerCase().split(",");
  return codings.every((coding) => DECODED.has(coding.trim()));
}

/** A part of a text may hold a part of the credential, and the next one the rest. */
function uncheckable(service: string): HubError {
  return new HubError("denied", `${service} answered in a form in which its credential can't be found and left out.`, {
    hint: "Ask for the whole, without the header Range, and in UTF-8.",
  });
}

function redactHeaders(given: Headers, url: URL, method: string, { redact }: Session): Headers {
  const headers = filterPassed(given);
  const length = given.get("content-length");
  if (method === "HEAD" && length !== null) headers.set("content-length", length);
  const location = given.get("location");
  if (location !== null && URL.parse(location, url.href)?.origin === url.origin) headers.set("location", location);
  for (const [name, value] of headers) headers.set(name, redact(value));
  return headers;
}
