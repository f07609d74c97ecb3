import * as z from "zod";
import { HubError } from "./errors.ts";

type Path = readonly PropertyKey[];

/** A JSON document that still knows where it says what. */
export interface LocatedJson {
  readonly value: unknown;
  /** The line, from 1, of what is at a path such as `["server", "port"]`, or of the nearest thing around it. */
  lineOf(path: Path): number;
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\b/uy;

/**
 * Parses JSON (RFC 8259) that a person writes by hand, and refuses a key that is there twice.
 *
 * `JSON.parse` tells neither lines nor doubled keys, and its messages quote the text, which may hold a secret.
 */
export function parseLocatedJson(text: string, file: string): LocatedJson {
  const tokens = openTokens(text, file);
  const lines = new Map<string, number>();

  function readValue(path: Path): unknown {
    const token = tokens.take(/^[^}\],:]/, "a value");
    const place = z.core.toDotPath(path);
    if (!lines.has(place)) lines.set(place, token.line);
    if (token.text === "{") return readObject(path);
    if (token.text === "[") return readArray(path);
    return JSON.parse(token.text);
  }

  function readObject(path: Path): unknown {
    const members = new Map<string, unknown>();
    if (tokens.takeIf("}")) return {};
    do {
      const token = tokens.take(/^"/, "a name in double quotes");
      const name: string = JSON.parse(token.text);
      const place = z.core.toDotPath([...path, name]);
      if (members.has(name)) throw notJson(file, token.line, `${place} is there twice`);
      tokens.take(/^:/, 'a ":"');
      lines.set(place, token.line);
      members.set(name, readValue([...path, name]));
    } while (tokens.takeIf(","));
    tokens.take(/^\}/, 'a "," or "}"');
    return Object.fromEntries(members);
  }

  function readArray(path: Path): unknown {
    const items: unknown[] = [];
    if (tokens.takeIf("]")) return items;
    do {
      items.push(readValue([...path, items.length]));
    } while (tokens.takeIf(","));
    tokens.take(/^\]/, 'a "," or "]"');
    return items;
  }

  const value = readValue([]);
  tokens.end();

  function lineOf(path: Path): number {
    return lines.get(z.core.toDotPath(path)) ?? (path.length > 0 ? lineOf(path.slice(0, -1)) : 1);
  }
  return { value, lineOf };
}

interface Token {
  readonly text: string;
  readonly line: number;
}

interface Tokens {
  take(what: RegExp, name: string): Token;
  takeIf(mark: string): boolean;
  end(): void;
}

function openTokens(text: string, file: string): Tokens {
  const tokens = readTokens(text, file);
  let position = 0;
  return {
    take(what, name) {
      const token = tokens[position];
      if (!token) throw notJson(file, text.trimEnd().split("\n").length, `${name} is missing at the end`);
      if (!what.test(token.text)) throw notJson(file, token.line, `${name} is missing`);
      position += 1;
      return token;
    },
    takeIf(mark) {
      const found = tokens[position]?.text === mark;
      if (found) position += 1;
      return found;
    },
    end() {
      const token = tokens[position];
      if (token) throw notJson(file, token.line, "something follows its end");
    },
  };
}

function readTokens(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  for (;;) {
    SPACE.lastIndex = at;
    const space = SPACE.exec(text)?.[0] ?? "";
    line += space.split("\n").length - 1;
    at += space.length;
    if (at === text.length) return tokens;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) throw notJson(file, line, "something is neither a value nor punctuation");
    tokens.push({ text: token, line });
    at += token.length;
  }
}

function notJson(file: string, line: number, what: string): HubError {
  return new HubError("invalid_input", `${file}:${line}: the file is not valid JSON: ${what}.`, {
    hint: "JSON wants double quotes around names and text, and allows no comments and no comma after the last item.",
  });
}
