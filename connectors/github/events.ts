import * as z from "zod";
import { bodySignature, type Inbound, type Said } from "#connector";

const User = z.object({ id: z.int(), login: z.string(), type: z.string().nullish() });

const Event = z.object({
  action: z.string(),
  sender: User,
  repository: z.object({ full_name: z.string() }),
  issue: z.object({ number: z.int(), title: z.string().nullish(), body: z.string().nullish() }).nullish(),
  comment: z.object({ body: z.string().nullish(), created_at: z.string().nullish() }).nullish(),
});

/** Webhooks of repositories: people speak in the comments and descriptions of issues and pull requests. */
export const inbound: Inbound = {
  signature: bodySignature("GITHUB_WEBHOOK_SECRET", {
    header: "x-hub-signature-256",
    prefix: "sha256=",
    encoding: "hex",
    id: "x-github-delivery",
  }),

  read({ headers, body }, hearer) {
    const kind = headers["x-github-event"] ?? "unknown";
    const { success, data } = Event.safeParse(body);
    if (!success) return [{ type: kind }];
    const type = `${kind}.${data.action}`;
    const isOwn = data.sender.type === "Bot" || String(data.sender.id) === hearer.id;
    const text = isOwn ? undefined : readText(type, data);
    return [{ type, ...(text !== undefined && { message: describe(data, text, hearer.name) }) }];
  },
};

function readText(type: string, { issue, comment }: z.output<typeof Event>): string | undefined {
  if (type === "issue_comment.created") return comment?.body ?? undefined;
  return type === "issues.opened" && issue ? [issue.title, issue.body].filter(Boolean).join("\n\n") : undefined;
}

function describe({ repository, issue, sender, comment }: z.output<typeof Event>, text: string, login: string): Said {
  const at = z.iso.datetime({ offset: true }).safeParse(comment?.created_at).data;
  return {
    text,
    person: { id: String(sender.id), name: sender.login },
    chat: repository.full_name,
    thread: `${repository.full_name}#${issue?.number ?? ""}`,
    isInThread: true,
    isAddressed: (text.match(/@[\w-]+/g) ?? []).some((name) => name.toLowerCase() === `@${login.toLowerCase()}`),
    ...(at !== undefined && { at: new Date(at).toISOString() }),
  };
}
