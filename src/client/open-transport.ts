import { HubError } from "../errors.ts";
import type { CallOptions, ClientOptions } from "./client-options.ts";
import { type Document, readDocument } from "./read-answer.ts";
import { toRequest } from "./to-request.ts";

interface SendOptions extends CallOptions {
  /** Asks for what was done where 204 would say no more than that. */
  readonly isToldAll?: boolean;
}

/** The hub at an address, as one key reaches it. */
export interface Transport {
  /** Without a trailing slash. */
  readonly url: string;
  /** Runs the action that has this route; nothing comes back of one that answers 204, unless that is asked for. */
  send(route: string, input: object, options?: SendOptions): Promise<Document | undefined>;
  /** Sends a request as it is, and gives the answer as it comes. `path` is below `/v1`, and stays below `within`. */
  open(path: string, within: string, init?: RequestInit): Promise<Response>;
}

const TIMEOUT_MS = 60_000;
const RETRIES = 2;
const FIRST_WAIT_MS = 250;
/** Whoever is told to wait longer is better asked again than kept. */
const LONGEST_WAIT_MS = 10_000;

export function openTransport(settings: ClientOptions): Transport {
  const { key, fetch = globalThis.fetch, timeoutMs: usualMs = TIMEOUT_MS, retries = RETRIES } = settings;
  const url = readUrl(settings.url);
  checkKey(key);

  async function request(path: string, init: RequestInit, stop: Stop): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${key}`);
    try {
      // A key must not follow where an address leads on to.
      return await fetch(`${url}/v1${path}`, { redirect: "manual", ...init, headers, signal: stop.signal });
    } catch (cause) {
      throw stop.why(cause) ?? unreachable(url, cause);
    }
  }

  return {
    url,
    async send(route, input, options = {}) {
      const { signal, timeoutMs = usualMs, idempotencyKey = makeKey(), isToldAll = false } = options;
      const { method, path, body } = toRequest(route, input);
      const headers = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(method === "POST" && { "idempotency-key": idempotencyKey }),
        ...(isToldAll && { prefer: "return=representation" }),
      };
      const init: RequestInit = { method, headers, ...(body !== undefined && { body }) };
      const stop = stopAt(url, timeoutMs, signal);
      for (let left = retries; ; left--) {
        try {
          return await readDocument(await request(path, init, stop), url);
        } catch (error) {
          const known = error instanceof HubError ? error : (stop.why(error) ?? unreachable(url, error));
          const waitMs = Number(known.details["retryAfterMs"] ?? FIRST_WAIT_MS * 2 ** (retries - left));
          if (left <= 0 || waitMs > LONGEST_WAIT_MS || !mayRepeat(method, known)) throw known;
          await wait(waitMs, stop);
        }
      }
    },
    async open(path, within, init = {}) {
      const { pathname } = new URL(`${url}/v1${path}`);
      const { pathname: fence } = new URL(`${url}/v1${within}`);
      if (pathname !== fence && !pathname.startsWith(`${fence}/`)) {
        throw new HubError("address_refused", `The path leads out of ${within}.`, {
          hint: "Give it without dot segments.",
        });
      }
      const isStream = init.body instanceof ReadableStream;
      const sent = { ...init, ...(isStream && { duplex: "half" as const }) };
      return request(path, sent, stopAt(url, undefined, init.signal ?? undefined));
    },
  };
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  }
  // Not repeated: it may hold a password.
  throw new HubError("invalid_input", "The hub's address is not an http or https address.", {
    hint: "Give it as http://127.0.0.1:7300.",
  });
}

/** Told here, and without it: the runtime would repeat it whole. */
function checkKey(key: string): void {
  if (/^[!-~]+$/.test(key)) return;
  throw new HubError("unauthenticated", "The key is empty, or has characters that no key has.", {
    hint: 'Make one with "patchbay keys create".',
  });
}

/** When a call ends whatever comes, and what that is then called. */
interface Stop {
  readonly signal: AbortSignal | null;
  why(cause: unknown): HubError | undefined;
}

function stopAt(url: string, timeoutMs: number | undefined, signal: AbortSignal | undefined): Stop {
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signals = [timeout, signal].filter((each) => each !== undefined);
  return {
    signal: signals.length === 0 ? null : AbortSignal.any(signals),
    why(cause) {
      if (signal?.aborted) return givenUp(signal.reason);
      if (!timeout?.aborted) return undefined;
      return new HubError("timeout", `The hub at ${url} did not answer in ${timeoutMs} ms.`, {
        hint: "Look whether it took effect before you call again.",
        cause,
      });
    },
  };
}

/** Whoever gives a call up may say so in words of the hub. */
function givenUp(reason: unknown): HubError {
  return reason instanceof HubError ? reason : new HubError("cancelled", "The call was given up.", { cause: reason });
}

function unreachable(url: string, cause: unknown): HubError {
  const { code, message } = Object((cause as { cause?: unknown }).cause) as { code?: string; message?: string };
  const why = code ?? message;
  return new HubError("unavailable", `No hub answers at ${url}${why === undefined ? "" : ` (${why})`}.`, {
    hint: "Look whether it runs and is reached from here.",
    cause,
  });
}

/**
 * Whether the same request may be sent again. What a service refused is not: the hub has tried that again itself.
 *
 * A POST has its key and runs once. Of what changes or deletes something, only what was turned away before it ran.
 */
function mayRepeat(method: string, { code, details, retryable }: HubError): boolean {
  if (details["service"] !== undefined || code === "cancelled" || code === "timeout") return false;
  if (code === "rate_limited") return true;
  const isPassing = retryable || details["retryAfterMs"] !== undefined;
  return isPassing && method !== "PATCH" && method !== "DELETE";
}

function wait(ms: number, { signal, why }: Stop): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(why(signal?.reason) ?? new Error("nothing ended the call"));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}

/** Browsers have `randomUUID` on safe origins only, and a hub at home may have none. */
function makeKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
