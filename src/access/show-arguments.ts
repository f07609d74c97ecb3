/** What a person can't see, or what turns text around: format and control characters, and blank letters. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** A call's arguments as whoever decides about it reads them. */
export interface ShownArguments {
  readonly text: string;
  /** False where there was too much to keep. */
  readonly isWhole: boolean;
}

/** Indents the JSON of a call's arguments and spells out every character that would not be seen. */
export function showArguments(preview: string): ShownArguments {
  const value = parseWhole(preview);
  const text = value === undefined ? preview : JSON.stringify(value, undefined, 2);
  return { text: showText(text), isWhole: value !== undefined };
}

/** Spells out every character of a text that would not be seen. */
export function showText(text: string): string {
  return text.replaceAll(UNSEEN, spellOut);
}

/** What was cut is no longer JSON. */
function parseWhole(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function spellOut(character: string): string {
  return String.raw`\u{${character.codePointAt(0)?.toString(16)}}`;
}
