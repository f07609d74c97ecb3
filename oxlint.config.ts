import { fileURLToPath } from "node:url";
import { defineConfig } from "oxlint";

const tests = ["**/*.test.ts", "src/testing/**", "test/**"];

const connecting = ["fetch", "WebSocket", "EventSource"].map((name) => ({
  name,
  message: "Only src/egress connects, where addresses are checked: take a fetch as a parameter.",
}));
const connectingProperties = connecting.map(({ name, message }) => ({ object: "globalThis", property: name, message }));
const environment = {
  object: "process",
  property: "env",
  message: "Only src/config.ts reads the environment: take the setting as a parameter.",
};
const stdout = {
  object: "process",
  property: "stdout",
  message: "Only src/faces/cli/output.ts writes to stdout: it belongs to JSON-RPC when the hub speaks MCP over stdio.",
};
const watchedGlobals = ["node:process", "process"].map((name) => ({
  name,
  message: "Use the global process, whose env and stdout the linter watches.",
}));

const waiting = ["waitFor", "waitUntil"].map((property) => ({
  object: "vi",
  property,
  message: "Wait with expect.poll, which has as much time as a busy machine needs.",
}));
const stopwatch = {
  object: "performance",
  property: "now",
  message: "How long something takes is for bench/ to say: a test that measures it fails on a busy machine.",
};

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "node", "vitest"],
  jsPlugins: [{ name: "patchbay", specifier: fileURLToPath(new URL("lint/plugin.ts", import.meta.url)) }],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  categories: { correctness: "error", suspicious: "error" },
  ignorePatterns: ["dist/**"],
  rules: {
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "unicorn/filename-case": ["error", { case: "kebabCase" }],
    "max-depth": ["error", 3],
    "max-lines": ["error", 400],
    "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
    "patchbay/telling-file-names": "error",

    "no-underscore-dangle": ["error", { allow: ["_meta"] }],
    "typescript/no-misused-spread": ["error", { allow: ["string"] }],
    "vitest/valid-title": ["error", { ignoreTypeOfTestName: true }],

    // What crosses an edge is `unknown`, and a cast is how it gets its type where no schema stands.
    "typescript/no-unsafe-type-assertion": "off",
    // Objects here are closures: no method reads `this`.
    "typescript/unbound-method": "off",
    // Does not see what a closure changes.
    "no-unmodified-loop-condition": "off",
    // pg is CommonJS and has no named exports when Node loads it.
    "import/no-named-as-default-member": "off",
    // These two take every `postMessage` and `onclose` for the browser's.
    "unicorn/require-post-message-target-origin": "off",
    "unicorn/prefer-add-event-listener": "off",
    // A suite that needs a database says so and is skipped where there is none.
    "vitest/no-disabled-tests": "off",
  },
  overrides: [
    {
      files: ["src/**", "connectors/**"],
      rules: {
        "no-console": "error",
        "no-restricted-globals": ["error", ...connecting],
        "no-restricted-imports": ["error", ...watchedGlobals],
        "no-restricted-properties": ["error", ...connectingProperties, environment, stdout],
        "patchbay/imports-point-down": "error",
        "patchbay/only-egress-connects": "error",
        "patchbay/connector-imports": "error",
      },
    },
    { files: ["src/config.ts"], rules: { "no-restricted-properties": ["error", ...connectingProperties, stdout] } },
    {
      files: ["src/faces/cli/output.ts"],
      rules: { "no-restricted-properties": ["error", ...connectingProperties, environment] },
    },
    {
      files: ["src/egress/**", "src/client/**"],
      rules: { "no-restricted-globals": "off", "no-restricted-properties": ["error", environment, stdout] },
    },
    {
      files: tests,
      rules: {
        "max-lines-per-function": "off",
        "no-restricted-globals": "off",
        "no-restricted-properties": ["error", ...waiting, stopwatch],
        "unicorn/consistent-function-scoping": "off",
        "patchbay/imports-point-down": "off",
        "patchbay/only-egress-connects": "off",
      },
    },
    { files: ["src/store/migrations/**"], rules: { "max-lines-per-function": "off" } },
    {
      files: ["**/connector.ts", "*.config.ts", "lint/plugin.ts"],
      rules: { "import/no-default-export": "off" },
    },
  ],
});
