import { HubError } from "../errors.ts";
import { limitBody, readWhole } from "./body.ts";
import type { CheckDestination } from "./destinations.ts";
import { networkError } from "./network-error.ts";
import type { Outgoing } from "./placement.ts";
import type { Pools } from "./pools.ts";
import { tooLarge, withDefaults } from "./session-send.ts";

/** A request whose body may be a stream, which is sent while it is read and therefore only once. */
export interface Passing extends Omit<Outgoing, "body"> {
  readonly body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined;
}

/** Sends a request with the credential in it and gives the answer as it comes: nothing is retried, followed or held. */
export type SendThrough = (request: Passing) => Promise<Passed>;

/** Not a `Response`, which takes no status that HTTP does not know. */
export type Passed = Pick<Response, "status" | "headers" | "body">;

interface SendThroughRules {
  readonly service: string;
  /** Sent where a request does not set them itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** How long an answer may be waited for after the last byte that was sent. */
  readonly timeoutMs: number;
  readonly pools: Pools;
  readonly checkDestination: CheckDestination;
  readonly place: (request: Outgoing) => Promise<Outgoing>;
  /** Whether the credential is made from the body, so that all of it is needed first. */
  readonly signsBody: boolean;
  readonly renew: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

export function makeSendThrough(rules: SendThroughRules): SendThrough {
  const { service, pools, requestBytes, responseBytes } = rules;

  return async (request) => {
    rules.checkDestination(request.url);
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(tooLong(service)), rules.timeoutMs);
    const signal = AbortSignal.any([rules.signal, waiting.signal]);
    const translate = (error: unknown): unknown =>
      signal.aborted ? explainAbort(signal.reason, service) : networkError(error, request.url.host);
    try {
      const limited = limitSent(request, service, requestBytes, () => timer.refresh());
      const body = rules.signsBody && limited instanceof ReadableStream ? await readWhole(limited) : limited;
      const answer = await sendRenewing(
        { ...request, headers: withDefaults(request.headers, rules.headers), body },
        rules,
        signal,
      );
      const { status, headers } = answer;
      const passed = answer.body && limitBody(answer.body, { limitBytes: responseBytes, tooLarge: tooMuch, translate });
      return { status, headers, body: passed };
    } catch (error) {
      throw translate(error);
    } finally {
      clearTimeout(timer);
    }
  };

  function tooMuch(): HubError {
    return tooLarge(
      `The answer of ${service}`,
      responseBytes,
      "Ask for less at a time, with the header Range for one.",
    );
  }

  async function sendRenewing(request: Passing, { place, renew }: SendThroughRules, signal: AbortSignal) {
    const { body, ...rest } = request;
    const stream = body instanceof ReadableStream ? body : undefined;
    const held = body instanceof ReadableStream ? undefined : body;
    const send = async (): Promise<Response> => pools.dispatch(await place({ ...rest, body: held }), signal, stream);
    const answer = await send();
    if (answer.status !== 401 || stream || !(await renew())) return answer;
    await answer.body?.cancel();
    return send();
  }
}

function limitSent({ body }: Passing, service: string, limitBytes: number, onRead: () => void): Passing["body"] {
  const tooMuch = (): HubError => tooLarge(`The request to ${service}`, limitBytes, "Send less at a time.");
  if (body instanceof ReadableStream) {
    return limitBody(body, { limitBytes, tooLarge: tooMuch, translate: (error) => error, onRead });
  }
  if (body && body.byteLength > limitBytes) throw tooMuch();
  return body;
}

function explainAbort(reason: unknown, service: string): unknown {
  return reason instanceof DOMException && reason.name === "TimeoutError" ? tooLong(service) : reason;
}

function tooLong(service: string): HubError {
  return new HubError("timeout", `${service} took too long to answer.`, { hint: "Try again later." });
}
