import { encodeWords } from "./encoded-words.ts";
import { writeMailbox } from "./mailbox.ts";

/** An email before it is written down. */
export interface Letter {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
  /** Ids of the emails before it in its thread, the oldest first, as `<id@example.com>`. The last is the one it answers. */
  readonly references: readonly string[];
}

/** Can't occur in a body, as base64 has no hyphens. */
const BOUNDARY = "=-alternative";

/** Writes an email as it goes over the wire (RFC 5322). Gmail adds the sender, the date and an id. */
export function composeMessage({ to, cc, bcc, subject, text, html, references }: Letter): string {
  const headers = [
    ...writeList("To", to.map(writeMailbox), ","),
    ...writeList("Cc", cc.map(writeMailbox), ","),
    ...writeList("Bcc", bcc.map(writeMailbox), ","),
    `Subject: ${encodeWords(subject)}`,
    ...writeList("In-Reply-To", references.slice(-1), ""),
    ...writeList("References", references, ""),
    "MIME-Version: 1.0",
  ];
  const body = html === undefined ? writePart("plain", text) : writeAlternatives(text, html);
  return [...headers, ...body].join("\r\n");
}

/** One item a line, as no line may be longer than 998 characters. */
function writeList(name: string, items: readonly string[], separator: string): string[] {
  return items.length === 0 ? [] : [`${name}: ${items.join(`${separator}\r\n `)}`];
}

/** Readers show the last alternative that they know how to. */
function writeAlternatives(text: string, html: string): string[] {
  return [
    `Content-Type: multipart/alternative; boundary="${BOUNDARY}"`,
    "",
    `--${BOUNDARY}`,
    ...writePart("plain", text),
    `--${BOUNDARY}`,
    ...writePart("html", html),
    `--${BOUNDARY}--`,
    "",
  ];
}

function writePart(subtype: "plain" | "html", content: string): string[] {
  const bytes = Buffer.from(content.replace(/\r\n|\r|\n/g, "\r\n"));
  return [
    `Content-Type: text/${subtype}; charset=utf-8`,
    "Content-Transfer-Encoding: base64",
    "",
    bytes.toString("base64").replace(/.{76}(?!$)/g, "$&\r\n"),
  ];
}
