import { parseCLI, startVitest, type TestModule } from "vitest/node";

// Runs the tests, all or those of the files named. The last line says how it went, also when the runner itself breaks.
const counts = await runTests().catch((error: unknown) => {
  console.error(error);
  return { passed: 0, failed: 1, skipped: 0 };
});
const skips = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skips}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function runTests() {
  const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
  const vitest = await startVitest(filter, { ...options, watch: false });
  const states = vitest.state.getTestModules().flatMap(testStates);
  const errors = vitest.state.getUnhandledErrors();
  await vitest.close();

  const passed = states.filter((state) => state === "passed").length;
  const skipped = states.filter((state) => state === "skipped").length;
  const failed = states.length === 0 ? 1 : states.length - passed - skipped + errors.length;
  return { passed, failed, skipped };
}

/** One state for each test, and one more for a file that failed outside its tests: in a hook, or while it was loaded. */
function testStates(module: TestModule): string[] {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const isWhole = module.ok() || states.includes("failed") || states.includes("pending");
  return isWhole ? states : [...states, module.state()];
}
