import { expect, onTestFinished, test } from "vitest";
import { REQUIREMENTS, runSuite } from "./conformance/run-suite.ts";
import { startHub } from "./conformance/start-hub.ts";
import { startProxy } from "./conformance/start-proxy.ts";

test.each(REQUIREMENTS)("the hub passes what protocol %s requires: %i scenarios", async (revision, count) => {
  const hub = await startHub();
  onTestFinished(() => hub.stop());
  const proxy = await startProxy(hub.url, hub.key);
  onTestFinished(() => proxy.stop());

  const scenarios = await runSuite(`${proxy.url}/mcp/conformance`, revision);

  const scored = scenarios.filter(({ isScored }) => isScored);
  expect(scored.filter(({ problems }) => problems.length > 0)).toEqual([]);
  expect(scored).toHaveLength(count);
});
