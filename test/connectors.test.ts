import { globSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import type { Connector, CredentialField } from "#connector";
import { TOOL_NAME_LIMIT, toolName } from "../src/catalog/tool-names.ts";

const folder = new URL("../connectors/", import.meta.url);

const connectors = await Promise.all(
  globSync("*/connector.ts", { cwd: folder }).map(async (file) => {
    const module = (await import(new URL(file, folder).href)) as { readonly default: Connector };
    return { id: dirname(file), connector: module.default };
  }),
);

const operations = connectors.flatMap(({ id, connector }) =>
  Object.entries(connector.operations).map(([name, operation]) => ({
    tool: toolName(id, name),
    name,
    operation,
    fields: fieldsOf(connector),
  })),
);

const credentials = connectors.flatMap(({ id, connector }) => fieldsOf(connector).map((field) => ({ id, field })));

function fieldsOf({ auth }: Connector): readonly CredentialField[] {
  return auth.flatMap((way) => (way.kind === "oauth2" ? [] : way.fields));
}

test.each(connectors)("connector $id is named after its folder", ({ id, connector }) => {
  expect(connector.id).toBe(id);
  expect(id, "An id is at most 16 of [a-z0-9], with single underscores between.").toMatch(
    /^(?=.{1,16}$)[a-z0-9]+(_[a-z0-9]+)*$/,
  );
});

test.each(connectors)("connector $id has a name, a category and a semantic version", ({ connector }) => {
  expect(connector.name).not.toBe("");
  expect(connector.category).not.toBe("");
  expect(connector.version, "The version is of this description, as in 1.0.0.").toMatch(/^\d+\.\d+\.\d+$/);
});

test.each(connectors)("connector $id reaches its service over https", ({ connector: { baseUrl = "https://own" } }) => {
  expect(baseUrl, "A base URL starts with https:// and has no slash at its end, since paths begin with one.").toMatch(
    /^https:\/\/\S*[^/\s]$/,
  );
});

test.each(connectors)("connector $id can be verified without input", ({ connector }) => {
  const input = connector.verify && connector.operations[connector.verify.operation]?.input.safeParse({});

  expect(input?.error, "verify names an operation that runs on {}: the hub has nothing else to give it.").toBe(
    undefined,
  );
});

test.each(connectors)("connector $id gives child processes only credentials it has", ({ connector }) => {
  const held = [...fieldsOf(connector).map(({ env }) => env), "access_token"];

  expect(held, "agentEnvVars maps variables to fields declared in auth, or to access_token.").toEqual(
    expect.arrayContaining(Object.values(connector.agentEnvVars ?? {})),
  );
});

test.each(connectors)("connector $id names the variables of child processes after itself", ({ connector }) => {
  const names = Object.keys(connector.agentEnvVars ?? {});

  expect(
    names.filter((name) => !/^(?!PATCHBAY_|LD_|NODE_|PATH$|HOME$)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name)),
    "A variable is UPPER_SNAKE, and none that means something to every program.",
  ).toEqual([]);
});

/** What it sends goes to a program of the owner's own, at one address. */
const SENDS_TO_PROGRAMS = ["webhook"];

test.each(connectors)(
  "connector $id waits for approval to tell people what it can't take back",
  ({ id, connector }) => {
    const named = Object.entries(connector.operations);
    const canTakeBack = named.some(([name]) => /^(delete|unsend)_(message|email)s?$/.test(name));

    const unasked = named.filter(
      ([name, { effect }]) => /^(send|post|reply|forward)_/.test(name) && effect === "write",
    );

    expect(
      SENDS_TO_PROGRAMS.includes(id) || canTakeBack ? [] : unasked.map(([name]) => name),
      "An operation that tells people something is destructive, unless the connector can delete what it sent.",
    ).toEqual([]);
  },
);

test.each(connectors)("connector $id keeps secrets out of its settings", ({ connector: { config } }) => {
  const secretLooking = Object.keys(config?.shape ?? {}).filter((key) =>
    /token|secret|passw|credential|(api|private|signing).?key/i.test(key),
  );

  expect(secretLooking, "Settings are shown and logged: declare a secret as a field in auth.").toEqual([]);
});

test.each(credentials)(
  "credential $field.env of $id is named and checked",
  ({ field: { env, pattern = /^$/, ...field } }) => {
    expect(env, "A field's name is also its environment variable's: UPPER_SNAKE.").toMatch(
      /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
    );
    expect(field.label).toMatch(/^[A-Z]/);
    expect(pattern.source, "Anchor the pattern with ^ and $, or it accepts a paste with more around it.").toMatch(
      /^\^.*\$$/,
    );
  },
);

test.each(credentials)("credential $field.env of $id has a place to go", ({ field: { placement } }) => {
  const prefix = placement && "pathPrefix" in placement ? placement.pathPrefix : "/{credential}";

  expect(prefix, "A path prefix starts with a slash and says with {credential} where the credential goes.").toMatch(
    /^\/.*\{credential\}/,
  );
});

/** The conformance suite gives its own names, and no host ever shows them. */
const hostedOperations = operations.filter(({ tool }) => !tool.startsWith("mcp__conformance__"));

test.each(hostedOperations)("$tool has a name that every host can show", ({ tool, name }) => {
  expect(name, "An operation's name is at most 26 of [a-z0-9_], beginning with a letter.").toMatch(
    /^[a-z][a-z0-9_]{0,25}$/,
  );
  expect(name, "Two underscores divide a tool's name from its service's.").not.toContain("__");
  expect(tool.length).toBeLessThanOrEqual(TOOL_NAME_LIMIT);
});

test.each(operations)("$tool says what it does and to what effect", ({ operation: { summary, effect } }) => {
  expect(summary, "A summary is a sentence or three: a capital first, a full stop last.").toMatch(/^[A-Z].*\.$/);
  expect(summary.length, "Say what it does, returns and where its ids come from.").toBeGreaterThanOrEqual(20);
  expect(summary.length, "Move what one field needs into that field's description.").toBeLessThanOrEqual(500);
  expect(["read", "write", "destructive"]).toContain(effect);
});

test.each(operations)("$tool takes and returns objects with a JSON Schema", ({ operation: { input, output } }) => {
  expect(z.toJSONSchema(input, { io: "input" })).toMatchObject({ type: "object" });
  expect(z.toJSONSchema(output, { io: "output" }), "Wrap a list: { data: [...] }.").toMatchObject({ type: "object" });
});

test.each(operations)("$tool asks little of an answer", ({ operation: { output } }) => {
  const demanding = findRequired(z.toJSONSchema(output, { io: "input" })).filter((fields) => fields.length > 3);

  expect(
    demanding,
    "Require only what names a result or is its point; other editions of a service leave out the rest: .nullish().",
  ).toEqual([]);
});

/** The required fields of each object in a schema, however deep. */
function findRequired(schema: unknown): readonly unknown[][] {
  if (typeof schema !== "object" || schema === null) {
    return [];
  }
  const required = "required" in schema && Array.isArray(schema.required) ? [schema.required] : [];
  return [...required, ...Object.values(schema).flatMap(findRequired)];
}

test.each(operations)("$tool leaves the field account to the hub", ({ operation: { input } }) => {
  expect(
    Object.keys(input.shape),
    "Where a profile holds several accounts of a service, the hub adds account to say which. Take another name.",
  ).not.toContain("account");
});

/** Fields that tell an agent enough by their name. */
const OBVIOUS = ["title", "name", "description", "query", "email", "message"];

test.each(operations)("$tool describes the text it takes", ({ operation: { input } }) => {
  const undescribed = Object.entries(z.toJSONSchema(input, { io: "input" }).properties ?? {})
    .filter(([name, schema]) => typeof schema === "object" && schema.type === "string" && !OBVIOUS.includes(name))
    .filter(
      ([, schema]) => typeof schema === "object" && schema.description === undefined && schema.enum === undefined,
    );

  expect(undescribed, "Say with .describe() what it is and which operation yields it.").toEqual([]);
});

test.each(operations)("$tool is sent with a credential that its connector declares", ({ operation, fields }) => {
  const known = [undefined, "access_token", ...fields.map(({ env }) => env)];

  expect(known, "credential names a field of auth.").toContain(operation.credential);
});
