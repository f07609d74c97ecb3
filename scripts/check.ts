import { spawnSync } from "node:child_process";

// The one gate: everything that is cheap to know first, then the tests, whose last line is the last line here too.
const steps = ["format -- --check", "lint", "types", "unused", "build"];

const failed = steps.filter((step) => !succeeds(`npm run --silent ${step}`));
if (failed.length === 0) {
  process.exitCode = succeeds("npm run --silent test") ? 0 : 1;
} else {
  process.stdout.write(`The tests wait for: ${failed.join(", ")}.\n0 passed, ${failed.length} failed\n`);
  process.exitCode = 1;
}

function succeeds(command: string): boolean {
  process.stdout.write(`> ${command}\n`);
  return spawnSync(command, { shell: true, stdio: "inherit" }).status === 0;
}
