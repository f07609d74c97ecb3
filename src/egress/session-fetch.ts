import type { Effect } from "#connector";
import { HubError } from "../errors.ts";
import { limitBody } from "./body.ts";
import { type CheckDestination, checkPath } from "./destinations.ts";
import { networkError } from "./network-error.ts";
import type { Outgoing } from "./placement.ts";
import type { Pools } from "./pools.ts";
import { planRetry, readRetryAfterMs } from "./retry.ts";

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const USER_AGENT = "patchbay";

interface SendLimits {
  readonly requestBytes: number;
  readonly responseBytes: number;
}

interface SendRules extends SendLimits {
  readonly service: string;
  /** Sent where a request does not set them itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pools: Pools;
  readonly checkDestination: CheckDestination;
  readonly place: (request: Outgoing) => Promise<Outgoing>;
  /** Whether there is another credential to try, after this one was refused. */
  readonly renew: () => Promise<boolean>;
  readonly effect: Effect;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/**
 * Makes the `fetch` of one session: it adds the credential, stays within bounds and retries what may be repeated. A
 * refused credential is renewed once a request, where it can be.
 */
export function makeFetch(rules: SendRules): typeof globalThis.fetch {
  return async (input, init) => {
    const url = readUrl(input instanceof Request ? input.url : String(input));
    rules.checkDestination(url);
    const { redirect, signal, ...request } = await readRequest(input, init, rules);
    const limits = { ...rules, signal: AbortSignal.any([rules.signal, signal]) };
    const send = async (): Promise<Response> => sendAndFollow(limits, await rules.place(request), redirect);
    const answer = await send();
    // What was refused has had no effect, so it may be sent again whatever it is.
    if (answer.status !== 401 || !(await rules.renew())) return presentAnswer(answer, url);
    await answer.body?.cancel();
    return presentAnswer(await send(), url);
  };
}

function readUrl(written: string): URL {
  checkPath(written.replace(/^[a-z]+:\/\//i, ""));
  const url = URL.parse(written);
  if (!url) {
    throw new HubError("invalid_input", "The address is not a URL.");
  }
  return url;
}

interface ReadRequest extends Outgoing {
  readonly redirect: string;
  readonly signal: AbortSignal;
}

async function readRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  { service, headers: defaults, requestBytes }: SendRules,
): Promise<ReadRequest> {
  // Node wants to be told that a stream is only read after the headers are sent; no library depends on anything else.
  const request = new Request(input, { ...init, duplex: "half" });
  const headers = new Headers({ "user-agent": USER_AGENT });
  for (const [name, value] of [...Object.entries(defaults), ...request.headers]) {
    headers.set(name, value);
  }
  const body = request.body
    ? limitBody(request.body, {
        limitBytes: requestBytes,
        tooLarge: () => tooLarge(`The request to ${service}`, requestBytes, "Send less at a time."),
        translate: (error) => error,
      })
    : undefined;
  return {
    url: new URL(request.url),
    method: request.method,
    headers,
    body: body && new Uint8Array(await new Response(body).arrayBuffer()),
    redirect: request.redirect,
    signal: request.signal,
  };
}

/** Follows a GET to hosts that a request may go to anyway, to another than its own without the credential. */
async function sendAndFollow(rules: SendRules, placed: Outgoing, redirect: string): Promise<Response> {
  let request = placed;
  for (let followed = 0; ; followed += 1) {
    const answer = await sendWithRetries(rules, request);
    const location = answer.headers.get("location");
    if (!REDIRECTS.has(answer.status) || location === null || redirect === "manual") {
      return answer;
    }
    await answer.body?.cancel();
    const next = URL.parse(location, request.url.href);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!next || !isRead || redirect === "error" || followed === MAX_REDIRECTS) {
      throw new HubError("address_refused", `${rules.service} answered with a redirect, which is not followed.`, {
        hint: "Check the integration's base URL.",
        details: { status: answer.status, ...(next && { to: next.host }) },
      });
    }
    rules.checkDestination(next);
    // GitHub, for one, sends a read of a renamed repository to its new address, which may be just as private.
    const headers = next.origin === request.url.origin ? request.headers : withoutSecrets(request.headers);
    request = { url: next, method: request.method, headers, body: undefined };
  }
}

/** What a redirected request keeps: nothing that the credential's placement, or the connector, may have put there. */
function withoutSecrets(headers: Headers): Headers {
  const kept = ["accept", "user-agent"].flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] satisfies [string, string]];
  });
  return new Headers(kept);
}

async function sendWithRetries(rules: SendRules, request: Outgoing): Promise<Response> {
  const { effect, idempotencyKey, random, signal } = rules;
  const repeatable = effect === "read" || [...request.headers.values()].includes(idempotencyKey);
  for (let retries = 0; ; retries += 1) {
    const outcome = await sendOnce(rules, request);
    const answered = "answer" in outcome && {
      status: outcome.answer.status,
      retryAfterMs: readRetryAfterMs(outcome.answer.headers, Date.now()),
    };
    const waitMs = planRetry({ retries, repeatable, random, ...answered });
    if (waitMs === undefined) {
      if ("answer" in outcome) {
        return outcome.answer;
      }
      throw outcome.failure;
    }
    await ("answer" in outcome && outcome.answer.body?.cancel());
    await rules.sleep(waitMs, signal);
  }
}

type Outcome = { readonly answer: Response } | { readonly failure: unknown };

/** Refusals of ours and the caller's own abort are thrown; only what the network did is an outcome. */
async function sendOnce(rules: SendRules, request: Outgoing): Promise<Outcome> {
  const { pools, signal, service, responseBytes } = rules;
  const translate = (error: unknown): unknown =>
    signal.aborted ? signal.reason : networkError(error, request.url.host);
  try {
    const answer = await pools.dispatch(request, signal);
    const body =
      answer.body &&
      limitBody(answer.body, {
        limitBytes: responseBytes,
        tooLarge: () => tooLarge(`The answer of ${service}`, responseBytes, "Ask for less at a time."),
        translate,
      });
    return { answer: new Response(body, answer) };
  } catch (error) {
    const failure = translate(error);
    if (signal.aborted || (failure instanceof HubError && failure.code === "address_refused")) {
      throw failure;
    }
    return { failure };
  }
}

function tooLarge(what: string, limitBytes: number, hint: string): HubError {
  return new HubError("too_large", `${what} is larger than ${limitBytes} bytes.`, { hint });
}

/** Libraries look at an answer's `url`; they are shown the one they asked for, in which there is no credential. */
function presentAnswer(answer: Response, url: URL): Response {
  return Object.defineProperty(answer, "url", { value: url.href });
}
