import { isDeepStrictEqual } from "node:util";

const isTerminal = process.stdout.isTTY && !process.env["NO_COLOR"];
const paint = (code: number) => (text: string) => (isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text);
const [bold, dim, green, cyan] = [paint(1), paint(2), paint(32), paint(36)];

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Opens a chapter. */
export function chapter(title: string): void {
  print(`\n${bold(title)}`);
}

export function narrate(text: string): void {
  print(`  ${text}`);
}

/** What the owner types, and what the terminal answers. */
export function owner(command: string, answer = ""): void {
  print(`  ${cyan("owner $")} ${command}`);
  for (const line of answer.trimEnd().split("\n").filter(Boolean)) print(dim(`    ${line}`));
}

/** What the agent calls. */
export function agent(call: string): void {
  print(`  ${cyan("agent >")} ${call}`);
}

/** States what has just happened, and stops the story when it has not. */
export function check(claim: string, actual: unknown, expected: unknown = true): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(
      `The story differs: ${claim}\n  expected ${JSON.stringify(expected)}\n  but was  ${JSON.stringify(actual)}`,
    );
  }
  print(`  ${green("✓")} ${claim}`);
}
