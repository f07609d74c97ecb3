import type { Effect } from "#connector";
import { HubError } from "../errors.ts";
import type { CheckDestination } from "./destinations.ts";
import type { Answer } from "./exchange.ts";
import { networkError } from "./network-error.ts";
import type { Outgoing } from "./placement.ts";
import type { Pools } from "./pools.ts";
import { planRetry, readRetryAfterMs } from "./retry.ts";
import { untilAborted } from "./until-aborted.ts";

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface SendRules {
  readonly service: string;
  /** Sent where a request does not set them itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly responseBytes: number;
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

/** A request without a credential yet. */
export interface Asked extends Outgoing {
  readonly redirect?: string;
  /** Besides the session's own. */
  readonly signal?: AbortSignal;
}

export type Send = (request: Asked) => Promise<Answer>;

/**
 * Makes what sends the requests of one session: it adds the credential, stays within bounds and retries what may be
 * repeated. A refused credential is renewed once a request, where it can be.
 */
export function makeSend(rules: SendRules): Send {
  return async ({ redirect = "follow", signal, ...asked }) => {
    rules.checkDestination(asked.url);
    const request = { ...asked, headers: withDefaults(asked.headers, rules.headers) };
    const limits = signal ? { ...rules, signal: AbortSignal.any([rules.signal, signal]) } : rules;
    const send = async (): Promise<Answer> => sendAndFollow(limits, await rules.place(request), redirect);
    const answer = await send();
    // What was refused has had no effect, so it may be sent again whatever it is.
    return answer.status === 401 && (await rules.renew()) ? send() : answer;
  };
}

/** A request's headers, with those of its connector that it does not set itself. */
export function withDefaults(headers: Headers, defaults: Readonly<Record<string, string>>): Headers {
  const all = new Headers(defaults);
  if (!all.has("user-agent")) all.set("user-agent", "patchbay");
  for (const [name, value] of headers) all.set(name, value);
  return all;
}

/** Follows a GET to hosts that a request may go to anyway, to another than its own without the credential. */
async function sendAndFollow(rules: SendRules, placed: Outgoing, redirect: string): Promise<Answer> {
  let request = placed;
  for (let followed = 0; ; followed += 1) {
    const answer = await sendWithRetries(rules, request);
    const location = answer.headers.get("location");
    if (!REDIRECTS.has(answer.status) || location === null || redirect === "manual") {
      return answer;
    }
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

async function sendWithRetries(rules: SendRules, request: Outgoing): Promise<Answer> {
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
    await rules.sleep(waitMs, signal);
  }
}

/** What the hub itself refuses, which another attempt would not change. */
const OURS = new Set(["address_refused", "too_large"]);

type Outcome = { readonly answer: Answer } | { readonly failure: unknown };

/** Refusals of ours and the caller's own abort are thrown; only what the network did is an outcome. */
async function sendOnce({ pools, signal, service, responseBytes }: SendRules, request: Outgoing): Promise<Outcome> {
  const tooMuch = (): HubError => tooLarge(`The answer of ${service}`, responseBytes, "Ask for less at a time.");
  try {
    // undici does not look at the signal of a request that waits for a connection.
    const work = () => pools.exchange(request, signal, { bytes: responseBytes, tooLarge: tooMuch });
    return { answer: await untilAborted(work, signal) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const failure = networkError(error, request.url.host);
    if (failure instanceof HubError && OURS.has(failure.code)) throw failure;
    return { failure };
  }
}

export function tooLarge(what: string, limitBytes: number, hint: string): HubError {
  return new HubError("too_large", `${what} is larger than ${limitBytes} bytes.`, { hint });
}
