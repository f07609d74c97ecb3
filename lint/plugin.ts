import type { Plugin } from "@oxlint/plugins";
import { connectorImports } from "./connector-imports.ts";
import { importsPointDown } from "./imports-point-down.ts";
import { onlyEgressConnects } from "./only-egress-connects.ts";
import { tellingFileNames } from "./telling-file-names.ts";

/** The rules of this house that no general linter has. `layers.ts` is their data. */
const plugin: Plugin = {
  meta: { name: "patchbay" },
  rules: {
    "imports-point-down": importsPointDown,
    "only-egress-connects": onlyEgressConnects,
    "connector-imports": connectorImports,
    "telling-file-names": tellingFileNames,
  },
};
export default plugin;
