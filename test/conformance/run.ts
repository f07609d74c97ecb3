import { REQUIREMENTS, runSuite, type Scenario } from "./run-suite.ts";
import { startHub } from "./start-hub.ts";
import { startProxy } from "./start-proxy.ts";

// Runs both sets of the MCP conformance suite against a real hub, and says which scenarios it passed and failed.
const hub = await startHub();
const proxy = await startProxy(hub.url, hub.key);
try {
  for (const [revision, count] of REQUIREMENTS) {
    const scenarios = await runSuite(`${proxy.url}/mcp/conformance`, revision);
    const passed = scenarios.filter(({ isScored, problems }) => isScored && problems.length === 0);
    if (passed.length !== count) process.exitCode = 1;
    const lines = [`${revision}: ${passed.length} of ${count} scored scenarios passed`, ...scenarios.flatMap(describe)];
    console.log(lines.join("\n"));
  }
} finally {
  await proxy.stop();
  await hub.stop();
}

function describe({ name, problems, isScored }: Scenario): string[] {
  const line = `  ${problems.length === 0 ? "passed" : "failed"}  ${name}`;
  return isScored ? [line, ...problems.map((problem) => `          ${problem}`)] : [`${line}  (not scored)`];
}
