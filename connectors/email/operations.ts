import * as z from "zod";
import { HubError, operation, rest } from "#connector";
import { Address, Settings } from "./settings.ts";

const EmailId = z.uuid().describe("An email's id, as send_email, send_batch or list_emails gave it");

const Moment = z.iso.datetime({ offset: true }).describe("ISO 8601 time, e.g. 2027-01-31T09:00:00Z");

const Recipients = z.array(Address).min(1).max(50);

const Draft = z.object({
  from: Address.exactOptional().describe(
    "The sender, at a verified domain as list_domains shows; the integration's own when absent",
  ),
  to: Recipients.describe("Who gets it, at most 50 addresses"),
  cc: Recipients.exactOptional().describe("Who gets a visible copy"),
  bcc: Recipients.exactOptional().describe("Who gets a hidden copy"),
  reply_to: Recipients.exactOptional().describe("Where answers go, when not to the sender"),
  subject: z
    .string()
    .min(1)
    .max(998)
    .regex(/^[^\r\n]+$/, "must be one line")
    .describe("The subject, on one line"),
  text: z.string().min(1).max(500_000).exactOptional().describe("The message as plain text; give this, html or both"),
  html: z.string().min(1).max(500_000).exactOptional().describe("The message as HTML; give this, text or both"),
});

const Attachment = z.object({
  filename: z.string().min(1).max(255).describe("The name the recipient sees"),
  content: z.base64().max(5_000_000).exactOptional().describe("The file in base64; give this or path"),
  path: z
    .httpUrl()
    .max(2048)
    .exactOptional()
    .describe("Public address that Resend gets the file from; give this or content"),
});

interface Body {
  readonly text?: string | undefined;
  readonly html?: string | undefined;
}

const hasBody = ({ text, html }: Body) => text !== undefined || html !== undefined;
const needsBody = { error: "give text, html or both", path: ["text"] };

const Page = z.object({
  limit: z.int().min(1).max(100).default(20).describe("How many at most"),
  after: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe("The last id of the page before; the first page when absent"),
});

const Sent = z.object({ id: z.string() });

const Envelope = z.object({
  id: z.string(),
  from: z.string().nullish(),
  to: z.array(z.string()).nullish(),
  subject: z.string().nullish(),
  created_at: z.string().nullish(),
});

const Email = Envelope.extend({
  scheduled_at: z.string().nullish(),
  last_event: z.string().nullish().describe("How far it got, e.g. scheduled, sent, delivered, opened or bounced"),
});

const Received = Envelope.extend({
  attachments: z.array(z.object({ filename: z.string().nullish() })).nullish(),
});

const Content = z.object({
  text: z.string().nullish(),
  html: z.string().nullish(),
  cc: z.array(z.string()).nullish(),
  bcc: z.array(z.string()).nullish(),
  reply_to: z.array(z.string()).nullish(),
});

const Domain = z.object({ id: z.string(), name: z.string(), status: z.string().nullish() });

const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), has_more: z.boolean().default(false) });

export const send_email = rest({
  summary:
    "Send one email, now or at a later time. Returns its id, which get_email, reschedule_email and cancel_email take.",
  effect: "destructive",
  input: Draft.extend({
    attachments: z.array(Attachment).max(20).exactOptional().describe("Files to send with it"),
    scheduled_at: Moment.exactOptional().describe("When to send it, at most 30 days ahead; at once when absent"),
  }).refine(hasBody, needsBody),
  output: Sent,
  request: "POST /emails",
  idempotencyHeader: "idempotency-key",
  send: withSender,
});

export const send_batch = operation({
  summary:
    "Send up to 100 different emails at once, without attachments. Returns the id of each in the same order, for get_email.",
  effect: "destructive",
  input: z.object({
    emails: z
      .array(Draft.refine(hasBody, needsBody))
      .min(1)
      .max(100)
      .describe("The emails, each to its own recipients"),
  }),
  output: z.object({ data: z.array(Sent) }),
  run: ({ emails }, { http, config, idempotencyKey }) =>
    http.request("POST", "/emails/batch", {
      body: emails.map((email) => withSender(email, config)),
      headers: { "idempotency-key": idempotencyKey },
    }),
});

export const get_email = rest({
  summary:
    "Read one email that was sent or is scheduled. Returns its text and how far it got. Take id from send_email or list_emails.",
  effect: "read",
  input: z.object({ id: EmailId }),
  output: Email.extend(Content.shape),
  request: "GET /emails/{id}",
});

export const list_emails = rest({
  summary: "List emails that were sent or are scheduled, newest first. Returns id, recipients and how far each got.",
  effect: "read",
  input: Page,
  output: listOf(Email),
  request: "GET /emails",
});

export const reschedule_email = rest({
  summary: "Change when a scheduled email is sent. Returns its id. Take id from send_email or list_emails.",
  effect: "write",
  idempotent: true,
  input: z.object({
    id: EmailId,
    scheduled_at: Moment.describe("When to send it, as ISO 8601, at most 30 days ahead"),
  }),
  output: Sent,
  request: "PATCH /emails/{id}",
});

export const cancel_email = rest({
  summary:
    "Cancel a scheduled email for good: it can't be scheduled again. Returns its id. Take id from send_email or list_emails.",
  effect: "destructive",
  input: z.object({ id: EmailId }),
  output: Sent,
  request: "POST /emails/{id}/cancel",
});

export const list_received = rest({
  summary: "List emails that arrived at this account's domains, newest first. Returns id, sender and subject of each.",
  effect: "read",
  input: Page,
  output: listOf(Received),
  request: "GET /emails/receiving",
});

export const get_received = rest({
  summary:
    "Read one email that arrived. Returns its sender, text, HTML and attachment names. Take id from list_received.",
  effect: "read",
  input: z.object({ id: z.uuid().describe("A received email's id, as list_received gave it") }),
  output: Received.extend(Content.shape),
  request: "GET /emails/receiving/{id}",
});

export const list_domains = rest({
  summary: "List the domains mail can be sent from. Returns name and status of each; only a verified one may send.",
  effect: "read",
  input: Page,
  output: listOf(Domain),
  request: "GET /domains",
});

function withSender<Email extends { readonly from?: string }>(email: Email, config: Readonly<Record<string, unknown>>) {
  const from = email.from ?? Settings.parse(config).from;
  if (from === undefined) {
    throw new HubError("invalid_input", "The email has no sender: neither from nor the setting from is given.", {
      hint: "Give from an address at a verified domain, or ask the owner to set --config from=….",
    });
  }
  return { ...email, from };
}
