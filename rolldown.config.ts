import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Plugin, RolldownOptions } from "rolldown";
import { isolatedDeclarationSync } from "rolldown/experimental";
import { OWN_TOOLS } from "./src/actions/own-tools.ts";
import { BUILT_IN } from "./src/catalog/connectors.ts";
import { listOperations } from "./src/catalog/list-operations.ts";
import { ROUTES } from "./src/client/routes.ts";
import { writeMethods } from "./src/client/write-methods.ts";

const LIST = "list-of:";

/** A value as text, which is parsed faster than a program. */
function parsed(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}

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
    return connector && `export default ${parsed(listOperations(connector.default))};`;
  },
};

/** Puts the descriptions of the hub's own tools in the place of what makes them, as text like the lists. */
const ownTools: Plugin = {
  name: "own-tools",
  load: (id) => (id.endsWith("/src/actions/own-tools.ts") ? `export const OWN_TOOLS = ${parsed(OWN_TOOLS)};` : null),
};

/** Puts the table of routes in the place of the actions that it is made from. */
const clientRoutes: Plugin = {
  name: "client-routes",
  load: (id) => (id.endsWith("/src/client/routes.ts") ? `export const ROUTES = ${JSON.stringify(ROUTES)};` : null),
};

/** What a program that uses the client has to know of its files. */
const DECLARED = ["errors", "client/client-options", "client/listing", "client/create-client"];

/** Declares the client's types without the actions that its methods' are inferred from. */
const clientTypes: Plugin = {
  name: "client-types",
  generateBundle() {
    for (const name of DECLARED) {
      const { code, errors } = isolatedDeclarationSync(`${name}.ts`, readFileSync(`src/${name}.ts`, "utf8"), {});
      if (errors.length > 0) throw new Error(`src/${name}.ts can't be declared: ${errors[0]?.message}`);
      const source = code.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"');
      this.emitFile({ type: "asset", fileName: `${name}.d.ts`, source });
    }
    this.emitFile({ type: "asset", fileName: "client/methods.d.ts", source: writeMethods() });
  },
};

/**
 * Bundles the executable. What is behind an `import()` stays in a chunk of its own, so that a start loads only what it
 * uses; what a start on stdio uses is one chunk, since every file costs it time.
 */
export const executable = {
  input: "src/main.ts",
  platform: "node",
  external: ["better-sqlite3", "@napi-rs/keyring"],
  plugins: [builtLists, ownTools],
  output: {
    dir: "dist",
    cleanDir: true,
    codeSplitting: { groups: [{ name: "hub", test: /serve-profile\.ts$/ }] },
  },
} satisfies RolldownOptions;

/** Bundles the client: one file that imports nothing, for Node and for browsers. */
export const client = {
  input: { "client/create-client": "src/client/create-client.ts" },
  platform: "neutral",
  plugins: [clientRoutes, clientTypes],
  output: { dir: "dist" },
} satisfies RolldownOptions;

export default [executable, client];
