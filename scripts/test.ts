import { parseCLI, startVitest, type TestModule } from "vitest/node";

// Runs the tests, all or those of the files named. The last line says how it went, also when the runner itself breaks.
let lastLine = "0 passed, 1 failed";
process.on("exit", () => process.stdout.write(`${lastLine}\n`));

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest(filter, { ...options, watch: false });
const states = vitest.state.getTestModules().flatMap(testStates);
const errors = vitest.state.getUnhandledErrors();
await vitest.close();

const passed = states.filter((state) => state === "passed").length;
const skipped = states.filter((state) => state === "skipped").length;
const failed = states.length === 0 ? 1 : states.length - passed - skipped + errors.length;
lastLine = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
process.exitCode = failed === 0 ? 0 : 1;

/** One state for each test, and one more for a file that failed outside its tests: in a hook, or while it was loaded. */
function testStates(module: TestModule): string[] {
  const own = [...module.children.allTests()].map((test) => test.result().state);
  const isWhole = module.ok() || own.includes("failed") || own.includes("pending");
  return isWhole ? own : [...own, module.state()];
}
