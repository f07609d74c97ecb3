import * as z from "zod";
import type { ServiceFailure } from "#connector";

/** Octokit's `RequestError`, read by shape so that Octokit is not loaded before it is used. Without an answer it is not GitHub's. */
const Refusal = z.object({
  name: z.literal("HttpError"),
  status: z.int(),
  response: z.object({ headers: z.record(z.string(), z.string()), data: z.unknown() }),
});

const Complaint = z.object({ field: z.string(), code: z.string(), message: z.string() }).partial();
type Complaint = z.output<typeof Complaint>;

const Body = z.object({
  message: z.string(),
  errors: z.array(z.union([Complaint, z.string().transform((message): Complaint => ({ message }))])).catch([]),
});

/** What GitHub refused and why, from an error that Octokit throws. */
export function readFailure(error: unknown): ServiceFailure | undefined {
  const { data: refusal } = Refusal.safeParse(error);
  if (refusal === undefined) {
    return undefined;
  }
  const { headers, data } = refusal.response;
  const { message = "", errors = [] } = Body.safeParse(data).data ?? {};
  const words = [message, ...errors.map((each) => each.message ?? "")].filter(Boolean).join("; ");
  const retryAfterMs = readPause(refusal.status, headers, message);
  const status = retryAfterMs === undefined ? refusal.status : 429;
  const hint = status === 422 ? nameFields(errors) : adviseOn(status, headers);
  return {
    status,
    ...(words && { words }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(hint !== undefined && { hint }),
  };
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof Error && "status" in error && error.status === status;
}

type Headers = Readonly<Record<string, string>>;

/** How long GitHub wants to be left alone: it says 403 as often as 429, and counts the reset by its own clock. */
function readPause(status: number, headers: Headers, message: string): number | undefined {
  if (status !== 403 && status !== 429) {
    return undefined;
  }
  const retryAfter = Number(headers["retry-after"]);
  if (retryAfter > 0) {
    return retryAfter * 1000;
  }
  if (headers["x-ratelimit-remaining"] === "0") {
    const wait = Number(headers["x-ratelimit-reset"]) * 1000 - Date.parse(headers["date"] ?? "");
    return wait > 0 ? wait : MINUTE_MS;
  }
  return status === 429 || message.includes("secondary rate limit") ? MINUTE_MS : undefined;
}

/** What GitHub asks for at the least when it names no time. */
const MINUTE_MS = 60_000;

function adviseOn(status: number, headers: Headers): string | undefined {
  if (status !== 403) {
    return ADVICE[status];
  }
  if (headers["x-github-sso"] !== undefined) {
    return "Ask the owner to authorize the token for the organization's single sign-on: https://github.com/settings/tokens.";
  }
  const needed = [headers["x-accepted-github-permissions"], headers["x-accepted-oauth-scopes"]]
    .map((header) => /^[\w=:, ;-]{1,200}$/.exec(header ?? "")?.[0])
    .find(Boolean);
  return needed === undefined ? undefined : `Ask the owner for a credential that has ${needed}.`;
}

const ADVICE: Readonly<Record<number, string>> = {
  404: "Check the names and numbers, and that the credential may see the repository.",
  405: "Look at mergeable_state of read_pull_request for what keeps it from being merged.",
  409: "Read it again: it is empty or has changed meanwhile.",
  410: "It is gone, or the repository has this feature turned off.",
};

/** Repeats only single words of GitHub's, since a hint is ours. */
function nameFields(errors: readonly Complaint[]): string | undefined {
  const fields = errors
    .filter(({ field = "", code = "" }) => isWord(field) && isWord(code))
    .map(({ field, code }) => `${field} (${code})`);
  return fields.length === 0 ? undefined : `Correct ${[...new Set(fields)].slice(0, 10).join(", ")}.`;
}

function isWord(text: string): boolean {
  return /^\w{1,50}$/.test(text);
}
