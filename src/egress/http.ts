import type { Connector, Http, HttpOptions } from "#connector";
import { HubError, type ServiceFailure, serviceError } from "../errors.ts";
import { checkPath } from "./destinations.ts";
import { encodeForm, encodeQuery } from "./encode.ts";
import type { Answer } from "./exchange.ts";
import { readRetryAfterMs } from "./retry.ts";
import { type Send, tooLarge } from "./session-send.ts";

interface HttpParts {
  readonly connector: Connector;
  readonly base: URL;
  readonly requestBytes: number;
  readonly send: Send;
}

/** The JSON client that declarative operations are made of. */
export function makeHttp({ connector, base, requestBytes, send }: HttpParts): Http {
  return {
    async request(method, path, options = {}) {
      const body = encodeBody(connector.bodies ?? "json", options.body);
      if (body && body.bytes.byteLength > requestBytes) {
        throw tooLarge(`The request to ${connector.name}`, requestBytes, "Send less at a time.");
      }
      const answer = await send({
        url: makeUrl(base, path, options.query),
        method,
        // What the connector says counts for more than what JSON suggests: a service may have media types of its own.
        headers: new Headers({
          accept: "application/json",
          ...(body && { "content-type": body.type }),
          ...connector.headers,
          ...options.headers,
        }),
        body: body?.bytes,
      });
      const text = new TextDecoder().decode(answer.body);
      const read = parseLeniently(text);
      if (!isGood(answer) || (options.answer === "graphql" && isRefusedInside(read))) {
        throw serviceError(connector.name, explainFailure(connector, readFailure(answer, read)));
      }
      if (text === "" || options.answer === "ignored") {
        return undefined;
      }
      if (read === undefined) {
        throw otherThanJson(connector.name, answer.headers.get("content-type"));
      }
      return read;
    },
  };
}

function makeUrl(base: URL, path: string, query: HttpOptions["query"] = {}): URL {
  checkPath(path);
  const url = new URL(base.href.replace(/\/$/, "") + (path === "/" ? "" : path));
  const added = encodeQuery(query);
  url.search += added === "" ? "" : (url.search === "" ? "?" : "&") + added;
  return url;
}

function encodeBody(
  kind: "json" | "form",
  body: unknown,
): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined {
  if (body === undefined) {
    return undefined;
  }
  const encoder = new TextEncoder();
  return kind === "form" && typeof body === "object" && body !== null
    ? { type: "application/x-www-form-urlencoded", bytes: encoder.encode(encodeForm(body)) }
    : { type: "application/json", bytes: encoder.encode(JSON.stringify(body)) };
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function otherThanJson(service: string, type: string | null): HubError {
  return new HubError("service_failed", `${service} answered with ${type ?? "something"} that is not JSON.`, {
    hint: "Check the integration's base URL.",
  });
}

function isRefusedInside(body: unknown): boolean {
  return pick(body, ["errors", "0"]) !== undefined;
}

function readFailure(answer: Answer, body: unknown): ServiceFailure {
  const code = CODE_PATHS.map((path) => readCode(pick(body, path))).find(
    (found) => found !== undefined && found !== String(answer.status),
  );
  const words = WORD_PATHS.map((path) => pick(body, path)).find(isText);
  const retryAfterMs = readRetryAfterMs(answer.headers, Date.now());
  return {
    status: isGood(answer) ? readInnerStatus(body) : answer.status,
    ...(code !== undefined && { code }),
    ...(words !== undefined && { words }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** What the status would have been, had a refusal not come with a good one. */
function readInnerStatus(body: unknown): number {
  const status = INNER_STATUS_PATHS.map((path) => pick(body, path)).find((found) => typeof found === "number");
  return status !== undefined && status >= 400 && status < 600 ? status : 422;
}

function explainFailure({ refusals = {} }: Connector, failure: ServiceFailure): ServiceFailure {
  return { ...failure, ...refusals[failure.status], ...refusals[failure.code ?? ""] };
}

/** Where services put their sentence, the most telling first. */
const WORD_PATHS = [
  ["errors", "0", "extensions", "userPresentableMessage"],
  ["error", "message"],
  ["errors", "0", "message"],
  ["message"],
  ["error_description"],
  ["detail"],
  ["description"],
  ["error"],
  ["errors", "0"],
];

/** Where services put a code that programs are meant to read. */
const CODE_PATHS = [
  ["error", "errors", "0", "reason"],
  ["error", "code"],
  ["error", "status"],
  ["error", "type"],
  ["errors", "0", "code"],
  ["errors", "0", "extensions", "code"],
  ["code"],
  ["error"],
  ["name"],
];

/** Where GraphQL services put the HTTP status that an error would have. */
const INNER_STATUS_PATHS = [
  ["errors", "0", "extensions", "statusCode"],
  ["errors", "0", "extensions", "http", "status"],
];

function pick(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (isRecord(node) ? node[key] : undefined), body);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

/** A code is one word: a sentence would carry the service's prose into a message of ours. */
function readCode(value: unknown): string | undefined {
  const code = typeof value === "number" ? String(value) : value;
  return typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? code : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
