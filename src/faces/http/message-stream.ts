import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { findRevokedKeys } from "../../access/keys.ts";
import { acknowledgeAsSelf, hearingOf } from "../../actions/messages.ts";
import type { Hub } from "../../hub.ts";
import { viewMessage } from "../../inbound/messages.ts";
import type { RateLimits } from "../rest/rate-limits.ts";
import { admit } from "./admit.ts";
import { atExpiry } from "./at-expiry.ts";

const BATCH = 50;
/** Shorter than proxies wait on a silent connection. */
const BEAT_MS = 15_000;

/**
 * Sends messages as they come, as Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html.
 *
 * The last event's id, which a client sends when it connects again, says that it is done with all before.
 */
export async function serveMessageStream(
  hub: Hub,
  limits: RateLimits,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rule = { path: "/v1/messages/stream", who: "anyone", scope: "messages:read" } as const;
  const principal = await admit(hub, limits, request, response, rule);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const context = hub.contextOf(principal, gone.signal);
  const hearing = await hearingOf(context, readProfile(request));
  let after = readLastId(request);
  if (after !== undefined) await acknowledgeAsSelf(context, after);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  const stops = [closeWhenRevoked(hub, principal.actor, gone), atExpiry(principal, () => gone.abort())];
  try {
    while (!gone.signal.aborted && !hub.inbound.stopping.aborted) {
      const page = await hub.inbound.wait({ ...hearing, after, limit: BATCH }, BEAT_MS, gone.signal);
      const events = page.data.map(
        (row) => `id: ${row.id}\nevent: message\ndata: ${JSON.stringify(viewMessage(row))}\n`,
      );
      after = page.data.at(-1)?.id ?? after;
      const isTaken = response.write(events.length > 0 ? `${events.join("\n")}\n` : ": still here\n\n");
      if (!isTaken) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
  } finally {
    for (const stop of stops) stop();
    response.end();
  }
}

function readProfile(request: IncomingMessage): string | undefined {
  return new URL(request.url ?? "/", "http://hub").searchParams.get("profile") ?? undefined;
}

function readLastId({ headers }: IncomingMessage): string | undefined {
  const { "last-event-id": id } = headers;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** A stream outlives the request's own check of its key. */
function closeWhenRevoked(hub: Hub, key: string, gone: AbortController): () => void {
  return hub.store.changes.subscribe(({ profile_id }) => {
    if (profile_id !== null) return;
    findRevokedKeys(hub.store.db, [key])
      .then((revoked) => revoked.has(key) && gone.abort())
      .catch((error: unknown) => hub.log.error("A stream's key was not checked.", {}, error));
  });
}
