import { type CipherKey, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts and authenticates with AES-256-GCM; the result is text: IV, ciphertext and tag as base64url.
 *
 * Only who knows the same context can decrypt it, which ties the result to the place where it belongs.
 */
export function encrypt(key: CipherKey, plaintext: Buffer, context: readonly string[]): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(encodeContext(context));
  const parts = [iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString("base64url");
}

/** Reverses `encrypt`; `undefined` when the key or the context is another one, or the text was changed. */
export function decrypt(key: CipherKey, text: string, context: readonly string[]): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  // The decoder overlooks characters that don't count; a text must not be changed in those, either.
  if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString("base64url") !== text) return undefined;

  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(encodeContext(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** A JSON list can be read in one way only, whatever its strings hold. */
function encodeContext(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(context));
}
