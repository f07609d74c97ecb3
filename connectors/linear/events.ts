import * as z from "zod";
import type { Inbound, Said } from "#connector";

const Comment = z.object({
  action: z.literal("create"),
  type: z.literal("Comment"),
  createdAt: z.string().nullish(),
  actor: z.object({ id: z.string(), name: z.string().nullish(), type: z.string().nullish() }),
  data: z.object({
    body: z.string(),
    issueId: z.string(),
    issue: z.object({ teamId: z.string().nullish() }).nullish(),
  }),
});

const Named = z.object({ action: z.string(), type: z.string() });

/** Webhooks of a workspace: people speak in comments. See https://linear.app/developers/webhooks. */
export const inbound: Inbound = {
  signature: {
    kind: "hmac",
    secret: "LINEAR_WEBHOOK_SECRET",
    signs: "{body}",
    header: "linear-signature",
    encoding: "hex",
    // The header with the time is not signed.
    sentAt: { field: "webhookTimestamp", windowSeconds: 60 },
    id: "linear-delivery",
  },

  read({ body }, hearer) {
    const comment = Comment.safeParse(body);
    const { data: named } = Named.safeParse(body);
    const type = named ? `${named.type}.${named.action}` : "unknown";
    if (!comment.success) return [{ type }];
    const { actor } = comment.data;
    const isOwn = actor.id === hearer.id || (actor.type ?? "user") !== "user";
    return [{ type, ...(!isOwn && { message: readComment(comment.data) }) }];
  },
};

function readComment({ actor, data, createdAt }: z.output<typeof Comment>): Said {
  const at = z.iso.datetime({ offset: true }).safeParse(createdAt).data;
  return {
    text: data.body,
    person: { id: actor.id, ...(typeof actor.name === "string" && { name: actor.name }) },
    chat: data.issue?.teamId ?? data.issueId,
    thread: data.issueId,
    isInThread: true,
    isAddressed: true,
    ...(at !== undefined && { at: new Date(at).toISOString() }),
  };
}
