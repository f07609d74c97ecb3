import * as z from "zod";
import { type Http, HubError, operation, rest } from "#connector";
import { composeMessage } from "./compose.ts";
import { GmailId } from "./gmail-id.ts";
import { findAddresses, Mailbox } from "./mailbox.ts";
import { findHeader, HEADERS, Message } from "./message.ts";
import { COMPOSE, READ, SEND } from "./scopes.ts";

const Recipients = z.array(Mailbox).min(1).max(100);

const Draft = z.object({
  to: Recipients.exactOptional().describe(
    "Who gets it, each as name@example.com or Name <name@example.com>; whoever wrote the email that is answered, when absent",
  ),
  cc: Recipients.exactOptional().describe("Who gets a visible copy"),
  bcc: Recipients.exactOptional().describe("Who gets a hidden copy"),
  subject: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^\r\n]+$/, "must be one line")
    .exactOptional()
    .describe("The subject, on one line; not for an answer, which another subject would take out of its thread"),
  text: z.string().min(1).max(500_000).describe("The message as plain text"),
  html: z.string().min(1).max(500_000).exactOptional().describe("The same message as HTML, for those who can see it"),
  inReplyTo: GmailId.exactOptional().describe("The id of the email to answer, from search_inbox or read_thread"),
});
type Draft = z.output<typeof Draft>;

const Sent = z.object({ id: z.string(), threadId: z.string().nullish() });

const Drafted = z.object({
  id: z.string().describe("The draft's id, for update_draft and send_draft"),
  message: Sent.nullish(),
});

export const draft_email = operation({
  summary:
    "Put an email or an answer to one into the drafts, without sending it. Returns the draft's id, which send_draft and update_draft take.",
  effect: "write",
  scopes: [COMPOSE, READ],
  input: Draft,
  output: Drafted,
  async run(input, { http }) {
    return http.request("POST", "/drafts", { body: { message: await writeLetter(http, input) } });
  },
});

export const update_draft = operation({
  summary: "Replace all of a draft by another text. Returns the draft's id. Take id from draft_email.",
  effect: "write",
  idempotent: true,
  scopes: [COMPOSE, READ],
  input: Draft.extend({ id: GmailId.describe("The draft's id, from draft_email") }),
  output: Drafted,
  async run({ id, ...input }, { http }) {
    return http.request("PUT", `/drafts/${id}`, { body: { message: await writeLetter(http, input) } });
  },
});

export const send_draft = rest({
  summary: "Send a draft as it is, to the recipients it names. Returns the sent email's id. Take id from draft_email.",
  effect: "destructive",
  scopes: [COMPOSE],
  input: z.object({ id: GmailId.describe("The draft's id, from draft_email") }),
  output: Sent,
  request: "POST /drafts/send",
});

export const send_email = operation({
  summary:
    "Send an email from this mailbox, or an answer to one: with inReplyTo, recipient and subject are those of the thread. Returns the sent email's id.",
  effect: "destructive",
  scopes: [SEND, READ],
  input: Draft.refine(({ to, subject, inReplyTo }) => inReplyTo !== undefined || (to && subject !== undefined), {
    error: "give to and subject, or inReplyTo to answer an email",
  }),
  output: Sent,
  async run(input, { http }) {
    return http.request("POST", "/messages/send", { body: await writeLetter(http, input) });
  },
});

interface Written {
  /** In base64url, as Gmail takes it. */
  readonly raw: string;
  readonly threadId?: string | null | undefined;
}

async function writeLetter(http: Http, draft: Draft): Promise<Written> {
  const { inReplyTo, to, cc = [], bcc = [], subject, text, html } = draft;
  const answered = inReplyTo === undefined ? undefined : await readAnswered(http, inReplyTo);
  const letter = composeMessage({
    to: to ?? (answered ? findCorrespondents(answered) : []),
    cc,
    bcc,
    subject: subject ?? (answered ? answerSubject(answered) : ""),
    text,
    html,
    references: answered ? findReferences(answered) : [],
  });
  return { raw: Buffer.from(letter).toString("base64url"), threadId: answered?.threadId };
}

async function readAnswered(http: Http, id: string): Promise<Message> {
  const query = { format: "metadata", metadataHeaders: HEADERS };
  return Message.parse(await http.request("GET", `/messages/${id}`, { query }));
}

/** Those who wrote it; of one's own email, those who got it. */
function findCorrespondents(message: Message): string[] {
  const isOwn = message.labelIds?.includes("SENT") ?? false;
  const header = isOwn ? findHeader(message, "To") : (findHeader(message, "Reply-To") ?? findHeader(message, "From"));
  const addresses = findAddresses(header ?? "");
  if (addresses.length === 0) {
    throw new HubError("invalid_input", `The email ${message.id} names no address that an answer could go to.`, {
      hint: "Give to.",
    });
  }
  return addresses;
}

/** Gmail keeps an answer in its thread only under the same subject. */
function answerSubject(message: Message): string {
  const subject = findHeader(message, "Subject") ?? "";
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`;
}

/** The thread's emails by the ids that all mail programs know them by, up to the one that is answered. */
function findReferences(message: Message): string[] {
  const headers = [findHeader(message, "References"), findHeader(message, "Message-ID")];
  return [...new Set(headers.flatMap((header) => header?.match(/<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>/g) ?? []))];
}
