import { styleText } from "node:util";

/** How wide a line may be; without a limit where no one's terminal is asked. */
export function lineWidth(): number {
  // Some terminals say 0 for what they don't know.
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}

/** Writes a command's result: the only lines on stdout that are not MCP's. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Whether a person reads what is written rather than a program. */
export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** Writes bytes as they come, no faster than they are read. */
export async function printBytes(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of bytes) {
    if (!process.stdout.write(piece)) await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
  }
}

/** Writes what is not the result: notes, questions and errors. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The one document that a command prints with `--json`. */
export function printJson(data: unknown, more: object = {}): void {
  print(JSON.stringify({ data, ...more }, undefined, 2));
}

/** Whoever reads stdout may stop early, as `head` does. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Styled where stdout is a terminal that wants it. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Styled where stderr is a terminal that wants it. */
export function paintNote(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr });
}
