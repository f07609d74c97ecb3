#!/usr/bin/env node
import module from "node:module";

// Nothing is imported before the check: an older Node would crash in native code or on syntax it can't read.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`Patchbay needs Node 22.19 or newer, and this is ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  module.enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/patchbay`);
  const { runCli } = await import("./faces/cli/run.ts");
  process.exitCode = await runCli(process.argv.slice(2));
}
