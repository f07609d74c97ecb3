import { ERROR_CODES, type ErrorCode, HubError } from "../errors.ts";

/** What a hub answers where it answers anything: a list's page, or what was asked for. */
export interface Document {
  readonly data: unknown;
  readonly next_cursor?: string | null;
}

/** A problem of a hub, also of one that is newer than this client. */
interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly service_words?: string;
}

/** Reads a success; everything else is thrown, also what is no hub's. */
export async function readDocument(answer: Response, url: string): Promise<Document | undefined> {
  if (answer.status === 204) return undefined;
  if (!answer.ok) throw await readFailure(answer, url);
  const body = parseJson(await answer.text());
  if (typeof body === "object" && body !== null && "data" in body) return body;
  throw noHub(url, "What answers there is something else");
}

/** What an answer that is no success says. */
export async function readFailure(answer: Response, url: string): Promise<HubError> {
  const { status, headers, type } = answer;
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return noHub(url, `The address leads on to ${headers.get("location") ?? "another"}`);
  }
  const body = parseJson(await answer.text());
  if (isProblem(body)) return toError(status, body);
  // Whatever stands before a hub answers so where the hub does not, and for a while.
  if ([429, 502, 503, 504].includes(status)) {
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    return new HubError("unavailable", `What stands before the hub at ${url} answered with the status ${status}.`, {
      hint: "Try again later, or look whether the hub runs.",
      details: Number.isNaN(seconds) ? {} : { retryAfterMs: seconds * 1000 },
    });
  }
  return noHub(url, `What answers there said ${status}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    typeof body.code === "string" &&
    "detail" in body &&
    typeof body.detail === "string"
  );
}

function toError(status: number, { code, detail, hint, details, service_words }: Problem): HubError {
  return new HubError(toCode(code, status), detail, {
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
    ...(service_words !== undefined && { serviceWords: service_words }),
  });
}

/** A code that only a newer hub knows is told by its status. */
function toCode(code: string, status: number): ErrorCode {
  const known = Object.keys(ERROR_CODES) as ErrorCode[];
  return (
    known.find((each) => each === code) ??
    known.find((each) => ERROR_CODES[each].status === status) ??
    (status < 500 ? "invalid_input" : "internal")
  );
}

function noHub(url: string, why: string): HubError {
  return new HubError("not_found", `There is no hub at ${url}. ${why}.`, {
    hint: "Give the address that the hub prints when it starts, without /v1 or /mcp.",
  });
}
