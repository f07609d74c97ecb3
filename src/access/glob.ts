/**
 * Whether a text is what a pattern says, in which `*` stands for anything, nothing included.
 *
 * Takes time that grows with the lengths of both, whatever they hold: an agent chooses the text.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const [start = "", ...pieces] = pattern.split("*");
  const end = pieces.pop();
  if (end === undefined) return text === start;
  if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return false;

  const last = text.length - end.length;
  let from = start.length;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at === -1 || at + piece.length > last) return false;
    from = at + piece.length;
  }
  return true;
}
