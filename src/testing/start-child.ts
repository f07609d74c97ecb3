import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Another process of a test. It is killed when the test ends. */
export interface Child {
  /** Waits for the next line that it prints; `undefined` after the last. */
  nextLine(): Promise<string | undefined>;
  /** The lines that it has yet to print, once it has ended. */
  restLines(): Promise<readonly string[]>;
  /** As `kill -9`: it gets no chance to tidy up. */
  kill(): Promise<void>;
  /** Its exit code, once it has ended by itself. */
  readonly exitCode: Promise<number | null>;
}

/** Runs a script in a Node process of its own. */
export function startChild(script: URL, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
  };
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // Gone before the folder that it writes to is.
  onTestFinished(kill);
  return {
    async nextLine() {
      const { value, done } = await lines.next();
      return done ? undefined : value;
    },
    async restLines() {
      const rest: string[] = [];
      for await (const line of { [Symbol.asyncIterator]: () => lines }) rest.push(line);
      return rest;
    },
    kill,
    exitCode: exit.then(([code]: (number | null)[]) => code ?? null),
  };
}
