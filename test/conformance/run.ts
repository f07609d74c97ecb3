import { REQUIREMENTS, runSuite } from "./run-suite.ts";
import { startHub } from "./start-hub.ts";
import { startProxy } from "./start-proxy.ts";

// Runs both sets of the MCP conformance suite against a real hub, and says which scenarios it passed and failed.
const hub = await startHub();
const proxy = await startProxy(hub.url, hub.key);
try {
  for (const [revision, count] of REQUIREMENTS) {
    const { scenarios, output } = await runSuite(`${proxy.url}/mcp/conformance`, revision);
    const scored = scenarios.filter(({ isScored }) => isScored);
    const passed = scored.filter(({ isPassed }) => isPassed);
    const isComplete = scored.length === count && passed.length === count;
    if (!isComplete) {
      console.log(output);
      process.exitCode = 1;
    }
    console.log(`${revision}: ${passed.length} of ${count} scored scenarios passed`);
    for (const { name, isPassed, isScored } of scenarios) {
      console.log(`  ${isPassed ? "passed" : "failed"}  ${name}${isScored ? "" : "  (not scored)"}`);
    }
  }
} finally {
  await proxy.stop();
  await hub.stop();
}
