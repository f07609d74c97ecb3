import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** Protocol revisions, each with the number of scenarios in the frozen set that a server must pass. */
export const REQUIREMENTS = [
  ["2026-07-28", 37],
  ["2025-11-25", 30],
] as const;

export interface Scenario {
  readonly name: string;
  readonly isPassed: boolean;
  /** The set leaves out extensions, and what the suite's own reference server does not pass. */
  readonly isScored: boolean;
}

export interface SuiteResult {
  readonly scenarios: readonly Scenario[];
  /** All that the suite printed. */
  readonly output: string;
}

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

/** Runs one set of the suite against a server. */
export async function runSuite(url: string, revision: string): Promise<SuiteResult> {
  const child = spawn(process.execPath, [SUITE, "server", "--url", url, "--requirements", revision], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  const unscored = new Set([...output.matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name));
  const scenarios = [...output.matchAll(/^([✓✗]) (\S+): \d+ passed, \d+ failed$/gm)].map(([, mark, name = ""]) => ({
    name,
    isPassed: mark === "✓",
    isScored: !unscored.has(name),
  }));
  return { scenarios, output };
}
