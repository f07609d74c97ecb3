import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** A hub in a process and a home of its own, with a profile that was granted what the conformance suite calls. */
export interface HubProcess {
  readonly url: string;
  /** The profile's. */
  readonly key: string;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

const CONFIG = {
  server: { port: 0, logLevel: "error" },
  integrations: [{ service: "conformance" }],
  profiles: { suite: { grants: [{ integration: "conformance" }] } },
};

export async function startHub(): Promise<HubProcess> {
  const home = mkdtempSync(join(tmpdir(), "patchbay-conformance-"));
  writeFileSync(join(home, "mcp.config.json"), JSON.stringify(CONFIG));
  const child = spawn(process.execPath, [MAIN, "start", "--json"], {
    cwd: home,
    env: { PATCHBAY_HOME: home, PATCHBAY_CONFORMANCE: "1", PATCHBAY_MASTER_KEY: randomBytes(32).toString("hex") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const notes = text(child.stderr);
  const document = await readDocument(child.stdout);
  if (document === undefined) throw new Error(`The hub ended before it was ready: ${await notes}`);
  const { data } = JSON.parse(document) as { data: { url: string; profile_key: string } };
  return {
    url: data.url,
    key: data.profile_key,
    async stop() {
      child.kill();
      await ended;
      rmSync(home, { recursive: true });
    },
  };
}

/** The hub prints one JSON document, whose last line is a brace, and goes on; `undefined` where it ends before. */
async function readDocument(stdout: NodeJS.ReadableStream): Promise<string | undefined> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    lines.push(line);
    if (line === "}") return lines.join("\n");
  }
  return undefined;
}
