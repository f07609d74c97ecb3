import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import config from "../oxlint.config.ts";

/** Files that each break one rule, with the words that the person who broke it reads. */
const violations = [
  {
    file: "src/vault/upward.ts",
    source: `export { call } from "../call/call.ts";`,
    rule: "patchbay(imports-point-down)",
    says: "src/vault must not import src/call: imports point down, and src/call stands above.",
  },
  {
    file: "src/vault/upward-lazily.ts",
    source: `export const load = () => import("../call/call.ts");`,
    rule: "patchbay(imports-point-down)",
    says: "src/vault must not import src/call: imports point down, and src/call stands above.",
  },
  {
    file: "src/vault/upward-type.ts",
    source: `export type { Call } from "../call/call.ts";`,
    rule: "patchbay(imports-point-down)",
    says: "src/vault must not import src/call: imports point down, and src/call stands above.",
  },
  {
    file: "src/inbound/sibling.ts",
    source: `export { notify } from "../notify/notify.ts";`,
    rule: "patchbay(imports-point-down)",
    says: "src/inbound must not import src/notify: they are siblings.",
  },
  {
    file: "src/vault/waiting.test.ts",
    source: `import { vi } from "vitest";\nexport const wait = vi.waitFor;`,
    rule: "eslint(no-restricted-properties)",
    says: "Wait with expect.poll, which has as much time as a busy machine needs.",
  },
  {
    file: "test/measuring.test.ts",
    source: `export const startedAt = performance.now();`,
    rule: "eslint(no-restricted-properties)",
    says: "How long something takes is for bench/ to say",
  },
  {
    file: "src/attic/homeless.ts",
    source: `export { HubError } from "../errors.ts";`,
    rule: "patchbay(imports-point-down)",
    says: "src/attic has no layer: give it its line in lint/layers.ts.",
  },
  {
    file: "src/access/testing.ts",
    source: `export { fakeService } from "#testing";`,
    rule: "patchbay(imports-point-down)",
    says: "src/access must not import src/testing: imports point down, and src/testing stands above.",
  },
  {
    file: "src/access/outside.ts",
    source: `export { rows } from "../../bench/rows.ts";`,
    rule: "patchbay(imports-point-down)",
    says: "bench/rows.ts is outside src, which stands alone: what src needs lives in src.",
  },
  {
    file: "src/call/github.ts",
    source: `export const load = () => import("../../connectors/github/connector.ts");`,
    rule: "patchbay(imports-point-down)",
    says: "src/call must not import connectors/github/connector.ts: only src/catalog loads connectors",
  },
  {
    file: "connectors/linear/reaching.ts",
    source: `export { HubError } from "../../src/errors.ts";`,
    rule: "patchbay(connector-imports)",
    says: "A connector imports #connector, zod, its own folder and its service's official SDK, not ../../src/errors.ts.",
  },
  {
    file: "connectors/linear/neighbour.ts",
    source: `export { create_issue } from "../github/issues.ts";`,
    rule: "patchbay(connector-imports)",
    says: "A connector imports #connector, zod, its own folder and its service's official SDK, not ../github/issues.ts.",
  },
  {
    file: "connectors/linear/package.ts",
    source: `export { readFile } from "node:fs/promises";`,
    rule: "patchbay(connector-imports)",
    says: "A connector imports #connector, zod, its own folder and its service's official SDK, not node:fs/promises.",
  },
  {
    file: "connectors/linear/reaching.test.ts",
    source: `export { HubError } from "../../src/errors.ts";`,
    rule: "patchbay(connector-imports)",
    says: "A connector imports #connector, zod, its own folder and its service's official SDK, not ../../src/errors.ts.",
  },
  {
    file: "connectors/github/eager.ts",
    source: `export { Octokit } from "@octokit/rest";`,
    rule: "patchbay(connector-imports)",
    says: "Load @octokit/rest with import() on first use",
  },
  {
    file: "src/notify/misplaced-sdk.ts",
    source: `export const load = () => import("@slack/web-api");`,
    rule: "patchbay(connector-imports)",
    says: "@slack/web-api is the SDK of connectors/slack",
  },
  {
    file: "src/call/dialing.ts",
    source: `export { request } from "undici";`,
    rule: "patchbay(only-egress-connects)",
    says: "undici opens connections past the address checks: only src/egress connects. Take a fetch as a parameter.",
  },
  {
    file: "src/faces/rest/dialing.ts",
    source: `import { request } from "node:http";\nexport const ask = request;`,
    rule: "patchbay(only-egress-connects)",
    says: "request of node:http opens connections past the address checks: only src/egress connects.",
  },
  {
    file: "src/faces/rest/whole-module.ts",
    source: `import * as net from "net";\nexport const isAddress = net.isIP;`,
    rule: "patchbay(only-egress-connects)",
    says: "Import from net by name, so that it shows that no connection is opened here.",
  },
  {
    file: "src/call/global-fetch.ts",
    source: `export const ask = () => fetch("https://example.com");`,
    rule: "eslint(no-restricted-globals)",
    says: "Only src/egress connects, where addresses are checked: take a fetch as a parameter.",
  },
  {
    file: "src/call/named-fetch.ts",
    source: `export const ask = () => globalThis.fetch("https://example.com");`,
    rule: "eslint(no-restricted-properties)",
    says: "Only src/egress connects, where addresses are checked: take a fetch as a parameter.",
  },
  {
    file: "src/store/environment.ts",
    source: `export const url = process.env["PATCHBAY_DATABASE_URL"];`,
    rule: "eslint(no-restricted-properties)",
    says: "Only src/config.ts reads the environment: take the setting as a parameter.",
  },
  {
    file: "src/store/process.ts",
    source: `export { env } from "node:process";`,
    rule: "eslint(no-restricted-imports)",
    says: "Use the global process, whose env and stdout the linter watches.",
  },
  {
    file: "src/faces/mcp/chatty.ts",
    source: `process.stdout.write("ready");`,
    rule: "eslint(no-restricted-properties)",
    says: "Only src/faces/cli/output.ts writes to stdout: it belongs to JSON-RPC when the hub speaks MCP over stdio.",
  },
  {
    file: "src/faces/mcp/console.ts",
    source: `console.log("ready");`,
    rule: "eslint(no-console)",
    says: "Unexpected console statement.",
  },
  {
    file: "src/vault/utils.ts",
    source: `export const keyBytes = 32;`,
    rule: "patchbay(telling-file-names)",
    says: "utils.ts says nothing about what is inside: name the file after its main export",
  },
  {
    file: "src/vault/openVault.ts",
    source: `export const keyBytes = 32;`,
    rule: "unicorn(filename-case)",
    says: "Filename should be in kebab-case",
  },
  {
    file: "src/vault/default.ts",
    source: `export default 32;`,
    rule: "import(no-default-export)",
    says: "Prefer named exports",
  },
  {
    file: "src/vault/any.ts",
    source: `export const secret: any = 32;`,
    rule: "typescript(no-explicit-any)",
    says: "Unexpected `any`. Specify a different type.",
  },
  {
    file: "src/vault/forgotten.ts",
    source: `export function seal() {\n  Promise.resolve(32);\n}`,
    rule: "typescript(no-floating-promises)",
    says: "Promises must be awaited",
  },
  {
    file: "src/vault/misused-promise.ts",
    source: `export const seals = [32].filter(async (bytes) => bytes > 16);`,
    rule: "typescript(no-misused-promises)",
    says: "Expected a non-Promise value",
  },
  {
    file: "src/vault/misused-spread.ts",
    source: `export const copy = { ...new Map([[1, 2]]) };`,
    rule: "typescript(no-misused-spread)",
    says: "Map",
  },
  {
    file: "src/vault/dangling.ts",
    source: `export const bytesOf = (key: { _bytes: number }) => key._bytes;`,
    rule: "eslint(no-underscore-dangle)",
    says: "Unexpected dangling '_'",
  },
  {
    file: "src/vault/untitled.test.ts",
    source: `import { expect, test } from "vitest";\ntest("", () => {\n  expect(1).toBe(1);\n});`,
    rule: "vitest(valid-title)",
    says: "title",
  },
  {
    file: "src/vault/cycle.ts",
    source: `export { keyBytes } from "./cycle-back.ts";\nexport const tagBytes = 16;`,
    rule: "import(no-cycle)",
    says: "Dependency cycle detected",
  },
  {
    file: "src/vault/long-file.ts",
    source: `export const keyBytes = 32;\n`.concat("// one line more\n".repeat(400)),
    rule: "eslint(max-lines)",
    says: "File has too many lines (402).",
  },
  {
    file: "src/vault/long-function.ts",
    source: `export function seal(bytes: number) {\n${"  bytes += 1;\n".repeat(49)}  return bytes;\n}`,
    rule: "eslint(max-lines-per-function)",
    says: "The function `seal` has too many lines (52). Maximum allowed is 50.",
  },
  {
    file: "src/vault/deep.ts",
    source: `export function seal(a: boolean) {\n  if (a) { if (!a) { if (a) { if (!a) { return 1; } } } }\n  return 0;\n}`,
    rule: "eslint(max-depth)",
    says: "Blocks are nested too deeply (4). Maximum allowed is 3.",
  },
];

/** What the rules leave alone, so that none of them passes by refusing everything. */
const allowed = [
  {
    file: "src/version.ts",
    source: `import manifest from "../package.json" with { type: "json" };\nexport const TYPE = manifest.type;`,
  },
  { file: "src/call/downward.ts", source: `export { seal } from "../vault/seal.ts";` },
  {
    file: "src/call/upward.test.ts",
    source: `export { hub } from "../hub.ts";\nexport { fakeService } from "#testing";`,
  },
  {
    file: "src/catalog/connectors.ts",
    source: `export const load = () => import("../../connectors/linear/connector.ts");`,
  },
  {
    file: "src/egress/connect.ts",
    source: `export { request } from "undici";\nexport const ask = () => fetch("https://a.test");`,
  },
  {
    file: "src/faces/rest/listen.ts",
    source: `import { createServer } from "node:http";\nexport const listen = createServer;`,
  },
  {
    file: "src/call/fetching.ts",
    source: `export const ask = (fetch: typeof globalThis.fetch) => fetch("https://a.test");`,
  },
  { file: "src/config.ts", source: `export const url = process.env["PATCHBAY_DATABASE_URL"];` },
  { file: "src/faces/cli/output.ts", source: `export const print = (text: string) => process.stdout.write(text);` },
  {
    file: "connectors/linear/connector.ts",
    source: `import * as z from "zod";\nexport { rest } from "#connector";\nexport default z.string();`,
  },
  {
    file: "connectors/linear/linear.test.ts",
    source: `export { createHmac } from "node:crypto";\nexport { fakeService } from "#testing";\nexport { rest } from "./connector.ts";`,
  },
  { file: "connectors/github/client.ts", source: `export const load = () => import("@octokit/rest");` },
];
const support = [
  {
    file: "src/vault/cycle-back.ts",
    source: `import { tagBytes } from "./cycle.ts";\nexport const keyBytes = 2 * tagBytes;`,
  },
];

const Diagnostic = z.object({
  filename: z.string(),
  code: z.string(),
  message: z.string(),
  help: z.string().default(""),
});
const Report = z.object({ diagnostics: z.array(Diagnostic) });

const root = join(import.meta.dirname, "..");
const project = mkdtempSync(join(tmpdir(), "patchbay-lint-"));
let diagnostics: { file: string; rule: string; says: string }[];

beforeAll(() => {
  write("package.json", `{ "type": "module" }`);
  write("tsconfig.json", `{ "compilerOptions": { "module": "nodenext", "types": [], "strict": true } }`);
  write("oxlint.config.ts", `export { default } from ${JSON.stringify(join(root, "oxlint.config.ts"))};`);
  for (const { file, source } of [...violations, ...allowed, ...support]) write(file, source);
  const env = { PATH: join(root, "node_modules/.bin") };
  const { stdout } = spawnSync("oxlint", ["--format=json"], { cwd: project, env });
  diagnostics = Report.parse(JSON.parse(stdout.toString())).diagnostics.map(({ filename, code, message, help }) => ({
    file: filename,
    rule: code,
    says: `${message} ${help}`,
  }));
});

afterAll(() => rmSync(project, { recursive: true }));

test.each(violations)("$file breaks $rule", ({ file, rule, says }) => {
  const found = diagnostics.filter((diagnostic) => diagnostic.file === file);

  expect(found).toEqual([{ file, rule, says: expect.stringContaining(says) }]);
});

test.each(allowed)("$file breaks no rule", ({ file }) => {
  const found = diagnostics.filter((diagnostic) => diagnostic.file === file);

  expect(found).toEqual([]);
});

test("every rule that the configuration turns on has a violation here", () => {
  const turnedOn = [config, ...config.overrides]
    .flatMap(({ rules }) => Object.entries(rules))
    .filter(([, level]) => level !== "off");
  const names = turnedOn.map(([name]) =>
    name.replace(/^(?:(.+)\/)?(.+)$/, (_, plugin = "eslint", rule) => `${plugin}(${rule})`),
  );

  expect(violations.map(({ rule }) => rule)).toEqual(expect.arrayContaining(names));
});

function write(file: string, source: string) {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), `${source}\n`);
}
