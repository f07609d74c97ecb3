import * as z from "zod";
import type { ServiceFailure } from "#connector";

/** What Slack's client throws, told apart by `code` and read by shape, so that it is not loaded before it is used. */
const SlackError = z.discriminatedUnion("code", [
  z.object({
    code: z.literal("slack_webapi_platform_error"),
    data: z.object({
      error: z.string(),
      needed: z.string().optional(),
      response_metadata: z.object({ messages: z.array(z.string()).optional() }).optional(),
    }),
  }),
  z.object({ code: z.literal("slack_webapi_http_error"), statusCode: z.int() }),
  z.object({ code: z.literal("slack_webapi_rate_limited_error"), retryAfter: z.number() }),
]);

/** What Slack refused and why, from an error that its client throws. */
export function readFailure(error: unknown): ServiceFailure | undefined {
  const { data: failure } = SlackError.safeParse(error);
  if (failure === undefined) {
    return isUntimedRateLimit(error) ? { status: 429 } : undefined;
  }
  if (failure.code === "slack_webapi_http_error") {
    return { status: failure.statusCode };
  }
  if (failure.code === "slack_webapi_rate_limited_error") {
    return { status: 429, retryAfterMs: failure.retryAfter * 1000 };
  }
  return readRefusal(failure.data);
}

export function hasCode(error: unknown, code: string): boolean {
  const { data: failure } = SlackError.safeParse(error);
  return failure?.code === "slack_webapi_platform_error" && failure.data.error === code;
}

/** For a 429 that names no time the client has no error of its own. */
function isUntimedRateLimit(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Retry header did not contain a valid timeout");
}

interface Refusal {
  readonly error: string;
  readonly needed?: string | undefined;
  readonly response_metadata?: { readonly messages?: readonly string[] | undefined } | undefined;
}

function readRefusal({ error, needed, response_metadata }: Refusal): ServiceFailure {
  // An answer that was no JSON is passed on as the error, whole.
  if (!/^[a-z0-9_]{1,64}$/.test(error)) {
    return { status: 502, words: error };
  }
  const words = response_metadata?.messages?.join("; ");
  const hint = error === "missing_scope" ? nameScope(needed) : HINTS[error];
  return {
    status: STATUSES[error] ?? (error.endsWith("_not_found") ? 404 : 400),
    code: error,
    ...(words && { words }),
    ...(hint !== undefined && { hint }),
  };
}

function nameScope(needed = ""): string {
  const scope = /^[\w:.,|-]{1,200}$/.test(needed) ? ` ${needed}` : "";
  return `Ask the owner to add the scope${scope} to the Slack app, install it again and reconnect it.`;
}

const STATUSES: Readonly<Record<string, number>> = {
  invalid_auth: 401,
  not_authed: 401,
  token_revoked: 401,
  token_expired: 401,
  account_inactive: 401,
  missing_scope: 403,
  no_permission: 403,
  not_allowed_token_type: 403,
  access_denied: 403,
  restricted_action: 403,
  ratelimited: 429,
  internal_error: 500,
  fatal_error: 500,
  service_unavailable: 503,
};

const NOT_ITS_OWN = "Choose a message that this app posted: it can't change others.";

const HINTS: Readonly<Record<string, string>> = {
  not_in_channel:
    "Join it with join_channel if it is public, else ask a member to invite this app: /invite in the channel.",
  channel_not_found:
    "Take the id from list_channels; a private channel is there only after a member has invited this app.",
  is_archived: "Choose another channel, or ask a member to unarchive it.",
  name_taken: "Choose another name, or find the channel with list_channels.",
  message_not_found: "Take channel and ts from post_message or read_channel.",
  thread_not_found: "Take thread_ts from read_channel.",
  users_not_found: "Check the address: it must be the one the person uses in this workspace.",
  user_not_found: "Take the id from lookup_user or read_channel.",
  invalid_name: "Take the name of an emoji that this workspace has, without colons.",
  cant_update_message: NOT_ITS_OWN,
  cant_delete_message: NOT_ITS_OWN,
  edit_window_closed: "Post a new message: this workspace forbids changing one so old.",
  not_allowed_token_type: "Ask the owner for a token of the other kind: xoxp- for search, xoxb- for everything else.",
};
