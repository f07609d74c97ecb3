import { stripVTControlCharacters } from "node:util";
import { paint } from "./output.ts";

const GAP = "  ";
const LEAST_PROSE = 12;
const ID_LENGTH = 40;
const WIDE =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115f}\u{2e80}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}]/u;
const graphemes = new Intl.Segmenter();

/** Aligned columns under their names. In lines that would be longer than `width`, prose is cut; an id never is. */
export function renderTable(columns: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const titles = columns.map((name) => name.replaceAll("_", " ").toUpperCase());
  const lines = [titles, ...rows].map((line) => line.map(toLine));
  const widths = fitWidths(
    columns.map((_, column) => lines.map((line) => line[column] ?? "")),
    width,
  );
  const [head = "", ...body] = lines.map((line) =>
    line
      .map((cell, column) => pad(cut(cell, widths[column] ?? 0), widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return [paint("dim", head), ...body].join("\n");
}

/** Takes what is missing from the widest columns of prose first. */
function fitWidths(columns: readonly (readonly string[])[], width: number): readonly number[] {
  const widths = columns.map((cells) => Math.max(...cells.map(widthOf)));
  const isProse = columns.map(([, ...cells]) => cells.some((cell) => /\s/.test(cell) || cell.length > ID_LENGTH));
  const room = width - GAP.length * (widths.length - 1);
  for (let excess = widths.reduce((sum, each) => sum + each, 0) - room; excess > 0; excess--) {
    const widest = Math.max(...widths.filter((_, column) => isProse[column]));
    if (widest <= LEAST_PROSE) break;
    widths[widths.findIndex((each, column) => isProse[column] && each === widest)] = widest - 1;
  }
  return widths;
}

/** Text from elsewhere on one line, without what would steer a terminal. */
function toLine(text: string): string {
  return toPlain(text).replaceAll(/\s+/g, " ");
}

/** Text from elsewhere without what would steer a terminal. */
export function toPlain(text: string): string {
  return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replaceAll(
    /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    "\u{fffd}",
  );
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    if (widthOf(kept + segment) >= width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Columns of a terminal: East Asian characters and emoji take two. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...graphemes.segment(text)].reduce((width, { segment }) => width + (WIDE.test(segment) ? 2 : 1), 0);
}
