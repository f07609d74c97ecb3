interface RedactionRules {
  /** Replaced wherever they stand. */
  readonly literals: readonly string[];
  /** Regular expressions of tokens, whose matches end where the characters of a token end. */
  readonly shapes: readonly string[];
  /** What the shapes begin with, after a word's boundary. */
  readonly heads: readonly string[];
  readonly replacement: string;
}

/** A token that is longer is no token, or was recognised long before its end. */
const TOKEN_LENGTH = 4096;

/**
 * Redacts bytes as they pass, also what is split between two chunks.
 *
 * Nothing is kept back but what may be the beginning of a secret, so an event of a stream that ends with its line is
 * passed on at once. Bytes are read as Latin-1 and written so again, which leaves all others as they are.
 */
export function openRedactionStream(rules: RedactionRules): TransformStream<Uint8Array, Uint8Array> {
  const scan = openScan({
    ...rules,
    literals: rules.literals.map((literal) => Buffer.from(literal).toString("latin1")),
  });
  return new TransformStream({
    transform: (chunk, controller) => write(scan(Buffer.from(chunk).toString("latin1"), false), controller),
    flush: (controller) => write(scan("", true), controller),
  });
}

function write(text: string, controller: TransformStreamDefaultController<Uint8Array>): void {
  if (text !== "") controller.enqueue(Buffer.from(text, "latin1"));
}

/** Takes the pieces of a text in turn, and gives what is certain of it by then. */
type Scan = (piece: string, isLast: boolean) => string;

function openScan({ literals, shapes, heads, replacement }: RedactionRules): Scan {
  const pattern = anyOf([...literals.map(escapePattern), ...shapes]);
  const head = anyOf(heads.map((text) => `\\b${escapePattern(text)}`));
  const beginnings = [...literals, ...heads];
  const findDoubt = (from: number): number => Math.min(findToken(text, from, head), findPrefix(text, from, beginnings));
  /** What was not given yet, after the last character that was: a word's boundary is seen by it. */
  let text = "";
  let given = 0;
  let isInToken = false;

  return function scan(piece, isLast) {
    const rest = isInToken ? piece.replace(/^[\w.~+/=-]+/, "") : piece;
    isInToken &&= rest === "";
    text += rest;
    let result = "";
    let at = given;
    let doubt = isLast ? text.length : findDoubt(at);
    pattern.lastIndex = at;
    for (let match = pattern.exec(text); match && match.index < doubt; match = pattern.exec(text)) {
      result += text.slice(at, match.index) + replacement;
      at = pattern.lastIndex;
      isInToken = !isLast && at === text.length;
      if (at > doubt) doubt = isLast ? text.length : findDoubt(at);
    }
    result += text.slice(at, doubt);
    given = Math.min(1, doubt);
    text = text.slice(doubt - given);
    return result;
  };
}

/** A pattern for all places; of no parts one that is nowhere. */
function anyOf(parts: readonly string[]): RegExp {
  return new RegExp(parts.length > 0 ? parts.join("|") : "(?!)", "g");
}

/** Where the token begins that the text may end within. */
function findToken(text: string, from: number, head: RegExp): number {
  head.lastIndex = findLastWord(text, from);
  return head.exec(text)?.index ?? text.length;
}

/** Where the characters of a token begin that the text ends with, and `Bearer` before them. */
function findLastWord(text: string, from: number): number {
  const least = Math.max(from, text.length - TOKEN_LENGTH);
  const word = skipBack(text, text.length, least, /[\w.~+/=-]/);
  const gap = skipBack(text, word, least, / /);
  const scheme = gap - "Bearer".length;
  return gap < word && scheme >= least && text.startsWith("Bearer", scheme) ? scheme : word;
}

function skipBack(text: string, end: number, least: number, skipped: RegExp): number {
  let at = end;
  while (at > least && skipped.test(text.charAt(at - 1))) at -= 1;
  return at;
}

/** Where the first of the literals begins that the text may end within. */
function findPrefix(text: string, from: number, literals: readonly string[]): number {
  const longest = Math.max(0, ...literals.map(({ length }) => length));
  for (let start = Math.max(from, text.length - longest + 1); start < text.length; start += 1) {
    const end = text.slice(start);
    if (literals.some((literal) => literal.startsWith(end))) return start;
  }
  return text.length;
}

/** What `RegExp.escape` does, which Node 22 lacks. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
