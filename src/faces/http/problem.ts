import * as z from "zod";
import { redactTokens } from "../../egress/redact.ts";
import { type ErrorCode, HubError } from "../../errors.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** What each kind of problem is. */
export const PROBLEMS: Readonly<Record<ErrorCode, string>> = {
  invalid_input: "A field is missing, unknown or wrong",
  unauthenticated: "The key is missing, unknown, revoked or expired",
  not_granted: "This key, or its profile, may not do that",
  denied: "The owner, or the owner's policy, says no",
  address_refused: "The hub does not connect to that address",
  not_found: "There is no such thing, or none that this key may know of",
  method_not_allowed: "The address takes other methods",
  conflict: "It does not go with how things stand",
  reconnect_required: "The service does not take the credential",
  too_large: "The body is too large",
  unsupported_type: "The body is not JSON",
  idempotency_key_reused: "The Idempotency-Key was used for another request",
  service_rejected: "The service refused the call",
  rate_limited: "There were too many requests: of this key, or of the hub at the service",
  cancelled: "The client went away",
  internal: "Patchbay failed in a way it did not expect; its log says more",
  service_failed: "The service failed",
  unavailable: "Something that the hub needs can't be reached",
  timeout: "The service took too long",
};

export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ErrorCode, ...ErrorCode[]];

/** An error as it is answered over HTTP: https://www.rfc-editor.org/rfc/rfc9457. */
export const Problem = z
  .object({
    type: z.string().describe("Where the kind of problem is described"),
    title: z.string().describe("The kind of problem, in words"),
    status: z.int(),
    detail: z.string().describe("What happened, in a sentence"),
    code: z.enum(PROBLEM_CODES).describe("The kind of problem, for programs"),
    hint: z.string().optional().describe("What to do about it"),
    details: z.record(z.string(), z.unknown()).optional().describe("Facts about it, for programs"),
    service_words: z.string().optional().describe("What the service said, which is not Patchbay's to vouch for"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** `docsUrl` is the page that describes every kind of problem. */
export function toProblem(error: HubError, docsUrl: string): Problem {
  const { code, status, message, hint, details, serviceWords } = error;
  return {
    type: `${docsUrl}#${code}`,
    title: PROBLEMS[code],
    status,
    detail: message,
    code,
    ...(hint !== undefined && { hint }),
    ...(Object.keys(details).length > 0 && { details }),
    ...(serviceWords !== undefined && { service_words: redactTokens(serviceWords) }),
  };
}

/** What an address answers to a method that is not one of those it takes. */
export function refuseMethod(path: string, method: string | undefined, ...allowed: readonly string[]): HubError {
  const allow = allowed.join(", ");
  return new HubError("method_not_allowed", `${path} takes no ${method}.`, {
    hint: `It takes ${allow}.`,
    details: { allow },
  });
}

/** The headers that go with a problem, its type among them. */
export function problemHeaders({ status, details = {} }: Problem): Record<string, string> {
  const { retryAfterMs, allow } = details;
  return {
    "content-type": PROBLEM_TYPE,
    ...(status === 401 && { "www-authenticate": 'Bearer realm="patchbay"' }),
    ...(typeof allow === "string" && { allow }),
    ...(typeof retryAfterMs === "number" && { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
  };
}
