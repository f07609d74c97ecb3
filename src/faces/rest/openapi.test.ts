import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { makeFolder, openTestApi } from "#testing";
import type { ApiDescription } from "./openapi.ts";
import { REST_ROUTES } from "./routes.ts";
import { STREAMS } from "./streams.ts";

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

async function fetchDescription(url: string): Promise<ApiDescription> {
  const answer = await fetch(`${url}/v1/openapi.json`);
  return (await answer.json()) as ApiDescription;
}

function operationsOf({ paths }: ApiDescription) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ line: `${method.toUpperCase()} ${path}`, operation })),
  );
}

test("the description is valid OpenAPI 3.1", async () => {
  const { url } = await openTestApi();
  const validator = new Validator();

  const verdict = await validator.validate({ ...(await fetchDescription(url)) });

  expect(verdict).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("every action is in the description once, by its noun and verb, and every route that is none", async () => {
  const { url } = await openTestApi();

  const operations = operationsOf(await fetchDescription(url));

  const described = operations.map(({ line, operation }) => `${operation.operationId}: ${line}`);
  const actions = REST_ROUTES.map(({ name, action }) => `${name}: ${action.route}`);
  const others = STREAMS.map(({ name, method, path }) => `${name}: ${method} ${path}`);
  expect(described.toSorted()).toEqual([...actions, ...others].toSorted());
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
});

test("an operation says its scope, its fields, its answer and how it fails", async () => {
  const { url } = await openTestApi();

  const { paths } = await fetchDescription(url);

  expect(paths["/profiles/{profile}/grants/{integration}"]?.["put"]).toMatchObject({
    operationId: "grants_replace",
    tags: ["grants"],
    security: [{ key: ["profiles:write"] }],
    parameters: [
      { name: "profile", in: "path", required: true },
      { name: "integration", in: "path", required: true },
    ],
    requestBody: {
      required: false,
      content: {
        "application/json": { schema: { properties: { enabled: { default: true } }, additionalProperties: false } },
      },
    },
    responses: {
      200: {
        content: {
          "application/json": { schema: { properties: { data: { $ref: "#/components/schemas/Grant" } } } },
        },
      },
      401: { $ref: "#/components/responses/Unauthenticated" },
      429: { $ref: "#/components/responses/RateLimited" },
    },
  });
  expect(paths["/profiles"]?.["post"]?.parameters).toEqual([{ $ref: "#/components/parameters/IdempotencyKey" }]);
  expect(paths["/profiles"]?.["get"]?.parameters).toMatchObject([
    { name: "limit", in: "query", required: false, schema: { type: "integer", minimum: 1, maximum: 200, default: 50 } },
    { name: "cursor", in: "query", required: false },
  ]);
  expect(paths["/keys/{key}"]?.["delete"]).toMatchObject({
    parameters: expect.arrayContaining([{ $ref: "#/components/parameters/Prefer" }]),
    responses: { 200: { content: expect.anything() }, 204: { description: "Done." } },
  });
});

const USE = `
import { defaults, profilesCreate, profilesList } from "./client.ts";

defaults.baseUrl = process.argv[2] + "/v1";
defaults.headers = { authorization: "Bearer " + process.argv[3] };
const made = await profilesCreate({ name: "coder" });
if (made.status !== 201) throw new Error("It was not made.");
const name: string = made.data.data.name;
const { data: page } = await profilesList({ limit: 1 });
console.log(JSON.stringify({ name, page }));
`;

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    noEmit: true,
    allowImportingTsExtensions: true,
  },
};

test("a client that another tool generates from the description compiles, and works", async () => {
  const { url, addOwnerKey } = await openTestApi();
  const folder = makeFolder();
  symlinkSync(MODULES, join(folder, "node_modules"));
  writeFileSync(join(folder, "use.ts"), USE);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...TSCONFIG, files: ["use.ts"] }));
  const run = promisify(execFile);

  await run(process.execPath, [join(MODULES, ".bin/oazapfts"), `${url}/v1/openapi.json`, join(folder, "client.ts")]);
  const types = await run(process.execPath, [join(MODULES, "typescript/bin/tsc"), "-p", folder]);
  const used = await run(process.execPath, [join(folder, "use.ts"), url, await addOwnerKey()]);

  expect(types.stdout).toBe("");
  expect(JSON.parse(used.stdout)).toMatchObject({
    name: "coder",
    page: { data: [{ name: "coder" }], next_cursor: null },
  });
});
