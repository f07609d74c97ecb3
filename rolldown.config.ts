import type { RolldownOptions } from "rolldown";

/** Bundles the executable. What is behind an `import()` stays in a chunk of its own, so that a start loads only what it uses. */
export default {
  input: "src/main.ts",
  platform: "node",
  external: ["better-sqlite3", "@napi-rs/keyring"],
  output: { dir: "dist", cleanDir: true },
} satisfies RolldownOptions;
