/** Cuts a text to a service's limit, in UTF-16 units, and shows by an ellipsis that it went on. */
export function cutText(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1).toWellFormed()}…` : text;
}
