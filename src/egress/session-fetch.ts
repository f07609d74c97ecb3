import { HubError } from "../errors.ts";
import { limitBody, readWhole } from "./body.ts";
import { checkPath } from "./destinations.ts";
import type { Answer } from "./exchange.ts";
import { type Asked, type Send, tooLarge } from "./session-send.ts";

interface FetchParts {
  readonly service: string;
  readonly requestBytes: number;
  readonly send: Send;
}

/** Makes the `fetch` of one session, for libraries: requests and answers are what the platform knows, whole and in memory. */
export function makeFetch({ service, requestBytes, send }: FetchParts): typeof globalThis.fetch {
  return async (input, init) => {
    const url = readUrl(input instanceof Request ? input.url : String(input));
    // The address is read apart: `Request` would refuse some in words of its own. Node wants to be told that a stream is
    // only read after the headers are sent; no library depends on anything else.
    const request = new Request(input instanceof Request ? input : "http://service", { ...init, duplex: "half" });
    const answer = await send({ ...(await readRequest(request, { service, requestBytes })), url });
    return presentAnswer(service, answer, url);
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

async function readRequest(
  { method, headers, redirect, signal, body }: Request,
  { service, requestBytes }: Omit<FetchParts, "send">,
): Promise<Omit<Asked, "url">> {
  const limits = {
    limitBytes: requestBytes,
    tooLarge: () => tooLarge(`The request to ${service}`, requestBytes, "Send less at a time."),
    translate: (error: unknown) => error,
  };
  const whole = body ? await readWhole(limitBody(body, limits)) : undefined;
  return { method, headers, redirect, signal, body: whole };
}

const WITHOUT_BODY = new Set([204, 205, 304]);

/** Libraries look at an answer's `url`; they are shown the one they asked for, in which there is no credential. */
function presentAnswer(service: string, { status, headers, body }: Answer, url: URL): Response {
  if (status > 599) {
    throw new HubError("service_failed", `${service} answered with the status ${status}, which HTTP does not know.`, {
      hint: "Check the integration's base URL.",
    });
  }
  const answer = new Response(WITHOUT_BODY.has(status) ? null : body, { status, headers });
  return Object.defineProperty(answer, "url", { value: url.href });
}
