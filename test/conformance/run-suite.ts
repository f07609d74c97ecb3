import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Protocol revisions, each with the number of scenarios in the frozen set that a server must pass. */
export const REQUIREMENTS = [
  ["2026-07-28", 37],
  ["2025-11-25", 30],
] as const;

export interface Scenario {
  readonly name: string;
  /** What the protocol says must or should be, and is not. */
  readonly problems: readonly string[];
  /** The set leaves out extensions, and what the suite's own reference server does not pass. */
  readonly isScored: boolean;
}

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

/** Runs one set of the suite against a server. */
export async function runSuite(url: string, revision: string): Promise<Scenario[]> {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-conformance-results-"));
  const options = ["--url", url, "--requirements", revision, "--output-dir", folder];
  const child = spawn(process.execPath, [SUITE, "server", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const unscored = [...(await text(child.stdout)).matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name);
  const scenarios = readdirSync(folder).map((result) => {
    const name = result.replace(/^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$/g, "");
    return { name, problems: readProblems(join(folder, result, "checks.json")), isScored: !unscored.includes(name) };
  });
  rmSync(folder, { recursive: true });
  return scenarios;
}

interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

function readProblems(file: string): string[] {
  const checks = JSON.parse(readFileSync(file, "utf8")) as Check[];
  return checks
    .filter(({ status }) => status === "FAILURE" || status === "WARNING")
    .map(({ id, errorMessage = "" }) => `${id}: ${errorMessage}`);
}
