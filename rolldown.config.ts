import { basename } from "node:path";
import type { Plugin, RolldownOptions } from "rolldown";
import { BUILT_IN } from "./src/catalog/connectors.ts";
import { listOperations } from "./src/catalog/list-operations.ts";

const LIST = "list-of:";

/** Makes the lists of `src/catalog/built-lists.ts`, each a chunk of its own. */
const builtLists: Plugin = {
  name: "built-lists",
  resolveId: (id) => (id.startsWith(LIST) ? id : null),
  async load(id) {
    if (basename(id) === "built-lists.ts") {
      const entries = Object.keys(BUILT_IN).map((service) => `${service}: () => import("${LIST}${service}")`);
      return `export const BUILT_LISTS = { ${entries.join(", ")} };`;
    }
    const connector = await BUILT_IN[id.slice(LIST.length)]?.();
    // As text, which is parsed faster than a program.
    return (
      connector && `export default JSON.parse(${JSON.stringify(JSON.stringify(listOperations(connector.default)))});`
    );
  },
};

/**
 * Bundles the executable. What is behind an `import()` stays in a chunk of its own, so that a start loads only what it
 * uses; what a start on stdio uses is one chunk, since every file costs it time.
 */
export default {
  input: "src/main.ts",
  platform: "node",
  external: ["better-sqlite3", "@napi-rs/keyring"],
  plugins: [builtLists],
  output: {
    dir: "dist",
    cleanDir: true,
    codeSplitting: { groups: [{ name: "hub", test: /serve-profile\.ts$/ }] },
  },
} satisfies RolldownOptions;
