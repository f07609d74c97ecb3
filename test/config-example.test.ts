import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as z from "zod";
import { BUILT_IN } from "../src/catalog/connectors.ts";
import { ConfigFile, readConfig } from "../src/config.ts";

const FILE = fileURLToPath(new URL("../mcp.config.example.json", import.meta.url));
const ENV = {
  PATCHBAY_HOME: "/data",
  DATABASE_URL: "postgres://hub@db/hub",
  GITHUB_TOKEN: "a",
  RESEND_API_KEY: "b",
};

type JsonSchema = z.core.JSONSchema._JSONSchema;

/** The settings of a schema that none of the examples shows. */
function findMissing(schema: JsonSchema | undefined, examples: readonly unknown[], path = ""): string[] {
  if (typeof schema !== "object") return [];
  const objects = examples.filter((example) => typeof example === "object" && example !== null);
  const members = objects.flatMap((object) => Object.entries(object));
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const shown = members.filter(([key]) => key === name).map(([, value]) => value);
    return shown.length === 0 ? [`${path}${name}`] : findMissing(member, shown, `${path}${name}.`);
  });
  const { items, additionalProperties } = schema;
  const values = members.map(([, value]) => value);
  const item = Array.isArray(items) ? undefined : items;
  return [
    ...named,
    ...findMissing(item, values, `${path}[].`),
    ...findMissing(additionalProperties, values, `${path}*.`),
  ];
}

test("the example is a valid config file", () => {
  const config = readConfig({ env: ENV, file: FILE });

  expect(config).toMatchObject({
    server: { publicUrl: "https://hub.example.com", databaseUrl: "postgres://hub@db/hub" },
    integrations: [
      { service: "github", credentials: { GITHUB_TOKEN: "a" } },
      { service: "email", credentials: { RESEND_API_KEY: "b" } },
    ],
  });
});

test("the example shows every setting", () => {
  const example: unknown = JSON.parse(readFileSync(FILE, "utf8"));
  const schema = z.toJSONSchema(ConfigFile, { io: "input", unrepresentable: "any" });

  expect(findMissing(schema, [example])).toEqual([]);
});

test("a setting that is missing would be found, however deep it is", () => {
  const schema = z.toJSONSchema(z.object({ a: z.record(z.string(), z.array(z.object({ b: z.int(), c: z.int() }))) }));

  expect(findMissing(schema, [{ a: { x: [{ b: 1 }], y: [{}] } }])).toEqual(["a.*.[].c"]);
});

test("where a setting has a default of its own, the example shows it", () => {
  const { host, port, logLevel, limits } = ConfigFile.parse({}).server;

  const { server } = readConfig({ env: ENV, file: FILE });

  expect(server).toMatchObject({ host, port, logLevel, limits });
});

test("the example's connectors have its credentials, settings, channels and operations", async () => {
  const { integrations, profiles, channels } = readConfig({ env: ENV, file: FILE });
  const { default: github } = await BUILT_IN["github"]!();
  const { default: email } = await BUILT_IN["email"]!();

  expect(integrations.map(({ service }) => service)).toEqual([github.id, email.id]);
  expect(github.auth.flatMap((auth) => ("fields" in auth ? auth.fields : []))).toContainEqual(
    expect.objectContaining({ env: "GITHUB_TOKEN" }),
  );
  expect(email.auth.flatMap((auth) => ("fields" in auth ? auth.fields : []))).toContainEqual(
    expect.objectContaining({ env: "RESEND_API_KEY" }),
  );
  expect(() => email.config?.strict().parse(integrations[1]?.config)).not.toThrow();
  expect(email.channel).toBeDefined();
  expect([channels, profiles["ops"]?.notificationChannels]).toEqual([["email"], ["email"]]);
  expect(Object.keys(github.operations)).toEqual(
    expect.arrayContaining(["create_issue", "merge_pull_request", "list_issues", "read_issue"]),
  );
});
