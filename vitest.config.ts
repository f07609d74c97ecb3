import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{src,connectors,test}/**/*.test.ts"],
    globalSetup: "test/build-executable.ts",
    // Long, for machines that have other things to do: what is awaited is an event, never a span of time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    // Real servers and child processes need the second core as much as a second worker would.
    maxWorkers: 2,
  },
});
