import { createHash, createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import type { Ed25519Signature, HmacSignature, SentAt, Signature } from "../connector/signature.ts";
import { HubError } from "../errors.ts";

/** A webhook as it arrived, before anything of it is believed. */
export interface RawWebhook {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The address that was called, as the service knows it. */
  readonly url: string;
}

/** What the signature of a genuine webhook says of it. */
export interface Genuine {
  /** The service's id of the event, where a header has it. */
  readonly id: string | undefined;
  /** Whether nobody could have changed the id. */
  readonly isIdSigned: boolean;
}

/** Refuses a webhook that is not the service's, or is older than it should be. All that is compared takes the same time. */
export function checkSignature(signature: Signature, webhook: RawWebhook, secret: string, now = Date.now()): Genuine {
  if (!isSigned(signature, webhook, secret)) throw refuse();
  if (signature.kind !== "token" && signature.sentAt) checkTime(signature, signature.sentAt, webhook, now);
  const id = signature.id === undefined ? undefined : webhook.headers[signature.id];
  return { id, isIdSigned: signature.kind !== "token" && signature.signs.includes("{id}") };
}

/** The same for every fault, so that nobody learns how close a guess was. */
function refuse(): HubError {
  return new HubError("unauthenticated", "The webhook's signature is missing, wrong or too old.", {
    hint: "Check that the service and this integration have the same signing secret, and that their clocks agree.",
  });
}

function isSigned(signature: Signature, webhook: RawWebhook, secret: string): boolean {
  const given = webhook.headers[signature.header];
  if (given === undefined || secret === "") return false;
  if (signature.kind === "token") return isSame(sha256(given), sha256(secret));
  const signed = fillIn(signature, webhook);
  if (!signed) return false;
  return signature.kind === "ed25519"
    ? isSignedBy(secret, signed, given)
    : claimed(signature, given).some((code) => isSame(makeCode(signature, secret, signed), code));
}

/** Those of the header's signatures that are of the kind that is checked: while a secret is replaced there are two. */
function claimed({ prefix = "", separator, encoding }: HmacSignature, header: string): Buffer[] {
  return parts(header, separator)
    .filter((part) => part.startsWith(prefix))
    .map((part) => Buffer.from(part.slice(prefix.length), encoding));
}

const MAX_PARTS = 20;

function parts(header: string, separator: string | undefined): string[] {
  if (separator === undefined) return [header];
  return header.split(separator, MAX_PARTS).map((part) => part.trim());
}

function makeCode({ algorithm = "sha256", key }: HmacSignature, secret: string, signed: readonly Uint8Array[]): Buffer {
  const hmac = createHmac(algorithm, key === "whsec" ? Buffer.from(secret.replace(/^whsec_/, ""), "base64") : secret);
  for (const bytes of signed) hmac.update(bytes);
  return hmac.digest();
}

/** DER of a public key's kind, before its 32 bytes: https://www.rfc-editor.org/rfc/rfc8410. */
const ED25519_HEAD = Buffer.from("302a300506032b6570032100", "hex");

function isSignedBy(publicKey: string, signed: readonly Uint8Array[], given: string): boolean {
  const raw = Buffer.from(publicKey, "hex");
  if (raw.length !== 32 || !/^[0-9a-f]{128}$/i.test(given)) return false;
  const key = createPublicKey({ key: Buffer.concat([ED25519_HEAD, raw]), format: "der", type: "spki" });
  return verify(null, Buffer.concat(signed), key, Buffer.from(given, "hex"));
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** What is signed, piece by piece, with the body's bytes as they are; undefined where the webhook lacks a piece. */
function fillIn(signature: HmacSignature | Ed25519Signature, webhook: RawWebhook): Uint8Array[] | undefined {
  const pieces = signature.signs.split(/(\{\w+\})/).map((piece) => findPiece(piece, signature, webhook));
  return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
}

function findPiece(piece: string, signature: HmacSignature | Ed25519Signature, webhook: RawWebhook) {
  if (piece === "{body}") return webhook.bytes;
  const text = findText(piece, signature, webhook);
  return text === undefined ? undefined : Buffer.from(text);
}

function findText(piece: string, signature: HmacSignature | Ed25519Signature, webhook: RawWebhook): string | undefined {
  switch (piece) {
    case "{time}":
      return signature.sentAt && readTime(signature, signature.sentAt, webhook);
    case "{id}":
      return webhook.headers[signature.id ?? ""];
    case "{url}":
      return webhook.url;
    case "{form}":
      return readForm(webhook);
    default:
      return piece;
  }
}

/** A form's fields by name, each followed by its value. The address holds the digest of what is no form. */
function readForm({ url, bytes, headers }: RawWebhook): string | undefined {
  if (isForm(headers)) return sortForm(bytes);
  const digest = URL.parse(url)?.searchParams.get("bodySHA256") ?? "";
  return isSame(createHash("sha256").update(bytes).digest(), Buffer.from(digest, "hex")) ? "" : undefined;
}

export function isForm(headers: RawWebhook["headers"]): boolean {
  return headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
}

/** What a field says twice counts once. */
function sortForm(bytes: Uint8Array): string {
  const fields = [...new URLSearchParams(Buffer.from(bytes).toString())].map((field) => field.join("\0"));
  return [...new Set(fields)]
    .toSorted((left, right) => (left < right ? -1 : 1))
    .map((field) => field.replace("\0", ""))
    .join("");
}

function readTime(
  { header, separator }: Pick<HmacSignature, "header" | "separator">,
  sentAt: SentAt,
  { headers, bytes }: RawWebhook,
): string | undefined {
  if ("header" in sentAt) return headers[sentAt.header];
  if ("field" in sentAt) return readField(bytes, sentAt.field);
  const start = `${sentAt.part}=`;
  return parts(headers[header] ?? "", separator)
    .find((part) => part.startsWith(start))
    ?.slice(start.length);
}

function readField(bytes: Uint8Array, field: string): string | undefined {
  try {
    const value: unknown = Object(JSON.parse(Buffer.from(bytes).toString()))[field];
    return typeof value === "number" ? String(value) : undefined;
  } catch {
    return undefined;
  }
}

function checkTime(
  signature: HmacSignature | Ed25519Signature,
  sentAt: SentAt,
  webhook: RawWebhook,
  now: number,
): void {
  const written = readTime(signature, sentAt, webhook) ?? "";
  const sentMs = /^\d{1,16}$/.test(written) ? Number(written) * ("field" in sentAt ? 1 : 1000) : Number.NaN;
  if (!(Math.abs(now - sentMs) <= sentAt.windowSeconds * 1000)) throw refuse();
}
