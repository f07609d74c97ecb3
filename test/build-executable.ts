import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import type { TestProject } from "vitest/node";
import { executable } from "../rolldown.config.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The built executable: what people run, and twice as fast to start as its source. */
    readonly main: string;
  }
}

/** Builds the executable for the tests that run it, beside the packages that it imports. */
export async function setup(project: TestProject): Promise<() => void> {
  const cache = join(import.meta.dirname, "../node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const dir = mkdtempSync(join(cache, "patchbay-test-"));
  await build({ ...executable, output: { ...executable.output, dir }, logLevel: "silent" });
  project.provide("main", join(dir, "main.js"));
  return () => rmSync(dir, { recursive: true });
}
