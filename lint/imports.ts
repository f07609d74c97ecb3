import { dirname, join, relative, resolve, sep } from "node:path";
import type { ESTree, Rule } from "@oxlint/plugins";
import manifest from "../package.json" with { type: "json" };

/** One import or re-export, however it is spelled. */
export interface Import {
  readonly specifier: string;
  /** The imported file from the project's root, e.g. `src/errors.ts`; `undefined` for a package. */
  readonly path: string | undefined;
  /** The imported names; `undefined` when it is the whole module. */
  readonly names: readonly string[] | undefined;
  readonly isType: boolean;
  readonly isLazy: boolean;
}

/** Says what is wrong with an import, in a message that teaches; `undefined` if nothing is. `file` is the importing one. */
type Check = (imported: Import, file: string) => string | undefined;

const aliases: Readonly<Record<string, string>> = manifest.imports;

/** A rule that looks at every import of a file, `import()` included. */
export function importRule(check: Check): Rule {
  return {
    create(context) {
      const root = context.cwd;

      function visit(node: ESTree.Node, specifier: string, details: Omit<Import, "specifier" | "path">) {
        const path = findPath(root, context.filename, specifier);
        const message = check({ specifier, path, ...details }, toPosix(relative(root, context.filename)));
        if (message) context.report({ node, message });
      }

      return {
        ImportDeclaration(node) {
          const isType = node.importKind === "type";
          visit(node, node.source.value, { names: importedNames(node.specifiers), isType, isLazy: false });
        },
        ExportNamedDeclaration(node) {
          if (!node.source) return;
          const names = node.specifiers.map(({ local }) => nameOf(local));
          visit(node, node.source.value, { names, isType: node.exportKind === "type", isLazy: false });
        },
        ExportAllDeclaration(node) {
          const isType = node.exportKind === "type";
          visit(node, node.source.value, { names: undefined, isType, isLazy: false });
        },
        ImportExpression({ source }) {
          if (source.type !== "Literal" || typeof source.value !== "string") return;
          visit(source, source.value, { names: undefined, isType: false, isLazy: true });
        },
        TSImportType(node) {
          visit(node, node.source.value, { names: undefined, isType: true, isLazy: false });
        },
      };
    },
  };
}

function findPath(root: string, file: string, specifier: string): string | undefined {
  const alias = aliases[specifier];
  if (alias) return toPosix(join(alias));
  if (specifier.startsWith(".")) return toPosix(relative(root, resolve(dirname(file), specifier)));
  return undefined;
}

function importedNames(specifiers: readonly ESTree.ImportDeclarationSpecifier[]): readonly string[] | undefined {
  const names = specifiers.map((specifier) =>
    specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : undefined,
  );
  return names.every((name) => name !== undefined) ? names : undefined;
}

function nameOf(name: ESTree.ModuleExportName): string {
  return name.type === "Literal" ? name.value : name.name;
}

function toPosix(path: string): string {
  return path.split(sep).join("/");
}
