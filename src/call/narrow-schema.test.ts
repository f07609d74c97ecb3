import { expect, test } from "vitest";
import * as z from "zod";
import { type JsonSchema, narrowSchema } from "./narrow-schema.ts";

/** What is left of each field's schema. */
function narrow(shape: z.ZodRawShape, said: Readonly<Record<string, unknown>> = {}, seed = "seed") {
  const schema = z.toJSONSchema(z.object(shape), { io: "input" }) as JsonSchema;
  return narrowSchema(schema, { seed, said }).properties;
}

test("a field has what was said of it, however it is spelt, and what may be null is not", () => {
  const fields = { title: z.string().nullish(), team_id: z.uuid(), labels: z.array(z.string()).nullish() };
  const said = { title: "Broken", teamId: "7d9c25f5-6b1c-4a3c-9d0f-1f5b6c1c5a11", labels: ["bug"] };

  expect(narrow(fields, said)).toEqual({
    title: { const: "Broken" },
    team_id: { const: said.teamId },
    labels: { const: ["bug"] },
  });
});

test.each([
  ["another type", z.int(), "7"],
  ["a fraction of a whole number", z.int(), 1.5],
  ["another choice", z.enum(["open", "closed"]), "all"],
  ["another constant", z.literal("open"), "all"],
  ["another pattern", z.string().regex(/^C\d+$/), "general"],
  ["one that fits only in part", z.array(z.string()), ["a", 1]],
])("what was said is left aside where the field has %s", (_, field, value) => {
  expect(narrow({ field }, { field: value })).not.toEqual({ field: { const: value } });
});

test("what was said of a thing is not said of what belongs to it, and is said inside what wraps it", () => {
  const issue = z.object({
    title: z.string(),
    milestone: z.object({ title: z.string() }),
    team: z.object({ id: z.string() }),
  });

  const { issues } = narrow({ issues: z.array(issue) }, { title: "Broken", teamId: "T1" }) ?? {};

  expect(issues?.items?.properties).toMatchObject({
    title: { const: "Broken" },
    milestone: { properties: { title: { const: "Simulated title" } } },
    team: { properties: { id: { const: "T1" } } },
  });
});

test("lists come to an end", () => {
  const page = { next_page: z.int().nullish(), endCursor: z.string().optional(), hasNextPage: z.boolean() };

  expect(narrow(page)).toEqual({ hasNextPage: { const: false } });
});

test("only a truth that an answer requires is so", () => {
  expect(narrow({ merged: z.boolean(), archived: z.boolean().nullish() })).toEqual({
    merged: { const: true },
    archived: { const: false },
  });
});

test("values are such as their names suggest", () => {
  const text = z.string();
  const names = { createdAt: text, ts: text, html_url: text, email: text, head_sha: text, dueReason: text };

  expect(narrow({ ...names, date: z.int(), comments: z.int() })).toEqual({
    createdAt: { const: "2026-01-15T12:00:00.000Z" },
    ts: { const: expect.stringMatching(/^1768478400\.\d{6}$/) },
    html_url: { const: expect.stringMatching(/^https:\/\/simulated\.example\//) },
    email: { const: "simulated@example.com" },
    head_sha: { const: expect.stringMatching(/^[0-9a-f]{40}$/) },
    dueReason: { const: "Simulated due reason" },
    date: { const: 1_768_478_400 },
    comments: { const: 1 },
  });
});

test("ids differ between fields and calls, and are the same for the same call", () => {
  const ids = (seed: string) => narrow({ id: z.string(), parent_id: z.string(), number: z.int() }, {}, seed);

  const [one, again, other] = [ids("one"), ids("one"), ids("other")];

  expect(one?.["id"]).toEqual({ const: expect.toSatisfy((id) => z.uuid().safeParse(id).success) });
  expect(again).toEqual(one);
  expect(other?.["id"]).not.toEqual(one?.["id"]);
  expect(other?.["number"]).not.toEqual(one?.["number"]);
  expect(one?.["parent_id"]).not.toEqual(one?.["id"]);
});

test("a number keeps to its bounds, and what its schema says exactly is left to it", () => {
  const fields = {
    low: z.int().min(5),
    high: z.number().max(-1),
    step: z.number().multipleOf(3),
    code: z.string().length(4),
  };

  expect(narrow(fields)).toMatchObject({
    low: { const: 5 },
    high: { const: -1 },
    step: { multipleOf: 3 },
    code: { minLength: 4 },
  });
});

test("what contains itself does so once", () => {
  const Part = z.object({
    get parts() {
      return z.array(Part);
    },
    get whole() {
      return Part.optional();
    },
    get twin() {
      return Part.nullable();
    },
  });

  const { part } = narrow({ part: Part }) ?? {};

  expect(part?.properties).toEqual({
    parts: { type: "array", items: { type: "null" }, minItems: 0, maxItems: 0 },
    twin: { type: "null" },
  });
});
