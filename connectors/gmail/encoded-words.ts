/** Few enough that a line with a header's name and an encoded word has at most 76 characters. */
const WORD_BYTES = 39;

/**
 * Writes a header's text in ASCII: as it is where it fits on a line, else in encoded words, one a line.
 *
 * Whatever is no printable ASCII is encoded, so that no text can begin a header of its own:
 * https://www.rfc-editor.org/rfc/rfc2047.
 */
export function encodeWords(text: string): string {
  if (/^[\x20-\x7e]{0,66}$/.test(text) && !text.includes("=?")) {
    return text;
  }
  return cutByBytes(text)
    .map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString("base64")}?=`)
    .join("\r\n ");
}

/** Never cuts within a character, as a reader decodes each word by itself. */
function cutByBytes(text: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > WORD_BYTES) {
      pieces.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...pieces, piece];
}

/** Reads the encoded words in a header's text; those in an unknown character set stay. */
export function decodeWords(text: string): string {
  return text
    .replace(/(\?=)\s+(?==\?)/g, "$1")
    .replace(
      /=\?([\w-]+)(?:\*[\w-]+)?\?([BQ])\?([^?\s]*)\?=/gi,
      (word, charset: string, kind: string, code: string) => {
        const bytes = kind.toUpperCase() === "B" ? Buffer.from(code, "base64") : readQ(code);
        return decodeBytes(bytes, charset) ?? word;
      },
    );
}

function readQ(code: string): Buffer {
  const octets = code
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, "latin1");
}

function decodeBytes(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return undefined;
  }
}
