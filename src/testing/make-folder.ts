import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder of one test, gone when the test ends and whatever it opened after this is closed. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
