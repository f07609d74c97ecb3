import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../testing/make-folder.ts";
import { writeMethods } from "./write-methods.ts";

const root = join(import.meta.dirname, "../..");
const source = (name: string): string => JSON.stringify(join(root, `src/client/${name}.ts`));

/** Holds for types that are the same to the letter, `?` and `readonly` included. */
const IS_SAME = `
import type { Methods } from ${source("methods")};
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type DifferentOf<A, B> = { [K in keyof A]: K extends keyof B ? (IsSame<A[K], B[K]> extends true ? never : K) : K }[keyof A];
type Different<A, B> = {
  [K in keyof A]: K extends keyof B ? \`\${K & string}.\${DifferentOf<A[K], B[K]> & string}\` : K;
}[keyof A];
export type Wrong<Written> = Different<Methods, Written> | Different<Written, Methods>;
`;

const CONFIG = {
  extends: join(root, "tsconfig.json"),
  compilerOptions: {
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: false,
    typeRoots: [join(root, "node_modules/@types")],
  },
  include: ["*.mts"],
};

/** What the compiler finds wrong with each text that stands in the place of the inferred types. */
function compile(texts: readonly string[]): readonly string[] {
  const folder = makeFolder();
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  writeFileSync(join(folder, "is-same.mts"), IS_SAME);
  for (const [index, text] of texts.entries()) {
    const check =
      'import type { Wrong } from "./is-same.mts"; declare const wrong: Wrong<Methods>; export const none: "nothing" = wrong;';
    const written = text.replaceAll(/"\.\/([\w-]+)\.js"/g, (_, name: string) => source(name));
    writeFileSync(join(folder, `written${index}.mts`), `${written}\n${check}`);
  }
  const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  const problems = stdout.split(/^(?=\S)/m);
  return texts.map((_, index) => problems.filter((problem) => problem.includes(`/written${index}.mts`)).join(""));
}

test("the types in the package are the very ones that the actions have", () => {
  const written = writeMethods();

  const [right, ...wrong] = compile([
    written,
    written.replace(/label\?: string \| undefined;/, ""),
    written.replace("status_reason: string | null;", "status_reason?: string | null;"),
    written.replace("Promise<void>", "Promise<unknown>"),
    written.replace("readonly profiles: {", "readonly agents: {"),
  ]);

  expect(right).toBe("");
  expect(wrong).toEqual([
    expect.stringContaining('"integrations.connect"'),
    expect.stringContaining('"credentials.add"'),
    expect.stringContaining('"integrations.disconnect"'),
    expect.stringContaining('"agents"'),
  ]);
});
