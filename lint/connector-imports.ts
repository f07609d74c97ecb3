import { type Import, importRule } from "./imports.ts";
import { sdks } from "./layers.ts";

/**
 * A connector imports `#connector`, `zod`, its own folder and its service's SDK, and nothing else uses that SDK.
 *
 * Its tests may use any package and `#testing`.
 */
export const connectorImports = importRule((imported, file) => {
  if (file.endsWith(".test.ts") && mayTestWith(imported)) return undefined;
  const [, connector] = /^connectors\/([^/]+)\//.exec(file) ?? [];
  const owner = sdks[imported.specifier];
  if (owner) return owner === connector ? checkLoading(imported) : misplacedSdk(imported, owner);
  if (!connector || isVocabulary(imported) || imported.path?.startsWith(`connectors/${connector}/`)) return undefined;
  return `A connector imports #connector, zod, its own folder and its service's official SDK, not ${imported.specifier}. A missing word belongs in src/connector; a new SDK has its line in lint/layers.ts.`;
});

function checkLoading({ specifier, isType, isLazy }: Import): string | undefined {
  if (isType || isLazy) return undefined;
  return `Load ${specifier} with import() on first use, so that a hub without this integration never pays for it.`;
}

function misplacedSdk({ specifier }: Import, owner: string): string {
  return `${specifier} is the SDK of connectors/${owner}: everything else reaches the service through its operations.`;
}

function isVocabulary({ specifier }: Import): boolean {
  return specifier === "#connector" || specifier === "zod";
}

function mayTestWith({ specifier, path }: Import): boolean {
  return path === undefined || specifier === "#testing";
}
