import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{src,connectors,test}/**/*.test.ts"],
    globalSetup: "test/build-executable.ts",
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Real servers and child processes need the second core as much as a second worker would.
    maxWorkers: 2,
  },
});
