import * as z from "zod";
import { decodeWords } from "./encoded-words.ts";
import { decodeEntities } from "./entities.ts";
import { renderHtml } from "./render-html.ts";

const Part = z.object({
  mimeType: z.string().nullish(),
  filename: z.string().nullish(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  body: z.object({ size: z.int().nullish(), data: z.string().nullish() }).nullish(),
  get parts() {
    return z.array(Part).nullish();
  },
});
type Part = z.output<typeof Part>;

/** A message as Gmail tells it. */
export const Message = z.object({
  id: z.string(),
  threadId: z.string().nullish(),
  labelIds: z.array(z.string()).nullish(),
  snippet: z.string().nullish(),
  internalDate: z.string().nullish(),
  payload: Part.nullish(),
});
export type Message = z.output<typeof Message>;

const Envelope = z.object({
  id: z.string(),
  threadId: z.string().nullish(),
  labelIds: z.array(z.string()).nullish(),
  date: z.string().nullish(),
  from: z.string().nullish(),
  to: z.string().nullish(),
  cc: z.string().nullish(),
  subject: z.string().nullish(),
});

const Attachment = z.object({
  filename: z.string(),
  mimeType: z.string().nullish(),
  size: z.int().nullish().describe("In bytes"),
});

const Listed = Envelope.extend({ snippet: z.string().nullish().describe("The first words") });

const Read = Envelope.extend({ text: z.string().nullish(), attachments: z.array(Attachment).nullish() });

/** What a list shows of a message. */
export const Summary = Message.transform((message): z.input<typeof Listed> => ({
  ...readEnvelope(message),
  snippet: decodeEntities(message.snippet ?? ""),
})).pipe(Listed);

/** A message to read, its attachments by name only. */
export const Email = Message.transform((message): z.input<typeof Read> => ({
  ...readEnvelope(message),
  text: readText(message.payload ?? {}).trim(),
  attachments: listAttachments(message.payload ?? {}),
})).pipe(Read);

/** The headers that `Summary` needs, and that answering a message needs. */
export const HEADERS = ["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "References"];

export function findHeader({ payload }: Message, name: string): string | undefined {
  const header = payload?.headers?.find((each) => each.name.toLowerCase() === name.toLowerCase());
  return header && decodeWords(header.value);
}

function readEnvelope(message: Message): z.input<typeof Envelope> {
  return {
    id: message.id,
    threadId: message.threadId,
    labelIds: message.labelIds,
    date: readDate(message.internalDate),
    from: findHeader(message, "From"),
    to: findHeader(message, "To"),
    cc: findHeader(message, "Cc"),
    subject: findHeader(message, "Subject"),
  };
}

/** When Google got it, which a sender can't make up, as ISO 8601. */
function readDate(internalDate: string | null | undefined): string | undefined {
  const date = new Date(Number(internalDate ?? Number.NaN));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function readText(part: Part): string {
  if (isAttachment(part)) {
    return "";
  }
  if (part.mimeType === "text/plain") {
    return decodeBody(part);
  }
  if (part.mimeType === "text/html") {
    return renderHtml(decodeBody(part));
  }
  const parts = part.parts ?? [];
  if (part.mimeType === "multipart/alternative") {
    return parts.toSorted(plainFirst).map(readText).find(isVisible) ?? "";
  }
  return parts.map(readText).filter(isVisible).join("\n\n");
}

/** Gmail has made UTF-8 of it, whatever character set its header names. */
function decodeBody({ body }: Part): string {
  return Buffer.from(body?.data ?? "", "base64url").toString();
}

function plainFirst(left: Part, right: Part): number {
  return Number(right.mimeType === "text/plain") - Number(left.mimeType === "text/plain");
}

function isVisible(text: string): boolean {
  return text.trim() !== "";
}

function isAttachment({ filename }: Part): boolean {
  return Boolean(filename);
}

function listAttachments(part: Part): z.input<typeof Attachment>[] {
  const { filename, mimeType, body, parts } = part;
  const inside = (parts ?? []).flatMap(listAttachments);
  return filename ? [{ filename, mimeType, size: body?.size }, ...inside] : inside;
}
