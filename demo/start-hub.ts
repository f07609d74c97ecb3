import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** A hub of its own in a folder of its own, and its command line, as an owner would use them. */
export async function startHub() {
  const home = await mkdtemp(join(tmpdir(), "patchbay-demo-"));
  const env = {
    PATH: process.env["PATH"],
    PATCHBAY_HOME: home,
    PATCHBAY_PORT: "0",
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1",
    NO_COLOR: "1",
  };
  const hub = spawn(process.execPath, [MAIN, "start"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const url = await firstMatch(hub.stdout, /runs at (\S+)/);
  hub.stdout.resume();

  return {
    url,
    /** Runs `patchbay …` and gives what it printed; throws when it fails. */
    async patchbay(...args: string[]): Promise<string> {
      const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
      const [text, [code]] = await Promise.all([child.stdout.toArray(), once(child, "exit")]);
      if (code !== 0) throw new Error(`patchbay ${args.join(" ")} ended with ${code}`);
      return text.join("");
    },
    async close() {
      hub.kill("SIGTERM");
      await once(hub, "exit");
      await rm(home, { recursive: true });
    },
  };
}

async function firstMatch(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  for await (const line of createInterface(stream)) {
    const [, found] = pattern.exec(line) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error("The hub ended before it ran.");
}
