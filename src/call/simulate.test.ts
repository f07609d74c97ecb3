import { expect, test } from "vitest";
import * as z from "zod";
import { operation } from "#connector";
import { makeConnector } from "#testing";
import { simulate } from "./simulate.ts";

/** The answer of a made-up operation, which must never run. */
function answer(output: z.ZodType, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const run = () => Promise.reject(new Error("it was run"));
  const read = operation({ summary: "Read.", effect: "read", input: z.object({}), output, run });
  return simulate({ connector: makeConnector({ operations: { read } }), operation: "read", input });
}

const Thing = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(["open", "closed"]),
  at: z.iso.datetime(),
  body: z.string().nullish(),
});

test("an answer fits its schema, says what the input said, and is the same for the same input", async () => {
  const one = await answer(Thing, { title: "Broken" });
  const again = await answer(Thing, { title: "Broken" });
  const other = await answer(Thing, { title: "Mended" });

  expect(Thing.parse(one)).toEqual(one);
  expect(one).toMatchObject({ title: "Broken", body: "Simulated body" });
  expect(again).toEqual(one);
  expect(other).toMatchObject({ title: "Mended", id: expect.not.stringContaining((one as { id: string }).id) });
});

test("where the schema transforms what services say, an answer is what agents would see", async () => {
  const Count = z.object({ items: z.array(z.string()) }).transform(({ items }) => ({ count: items.length }));
  const Trimmed = z.object({ name: z.preprocess((value) => value, z.string()), size: z.coerce.number() });

  expect(await answer(Count)).toEqual({ count: 1 });
  expect(await answer(Trimmed)).toEqual({ name: "Simulated name", size: 1 });
});

test("what was said is left aside where the schema refuses it after all", async () => {
  const Even = z.object({ title: z.string().refine((title) => title !== "Broken") });

  expect(await answer(Even, { title: "Broken" })).toEqual({ title: "Simulated title" });
});

test.each([
  ["formats", z.object({ mail: z.email(), when: z.iso.date(), link: z.url(), ip: z.ipv4(), id: z.uuid() })],
  ["patterns and lengths", z.object({ channel: z.string().regex(/^[CG][A-Z0-9]{8,}$/), code: z.string().length(6) })],
  ["unions", z.object({ to: z.union([z.int(), z.object({ login: z.string() })]), kind: z.literal(["a", "b"]) })],
  ["records and tuples", z.object({ map: z.record(z.string(), z.int()), pair: z.tuple([z.string(), z.int()]) })],
  ["lists with bounds", z.object({ many: z.array(z.string()).min(3), none: z.array(z.string()).max(0) })],
  ["anything", z.object({ value: z.unknown(), other: z.any(), json: z.json() })],
  ["lists and plain values", z.array(z.string())],
])("answers fit %s", async (_, output) => {
  expect(output.safeParse(await answer(output)).error).toBe(undefined);
});

test("an output that nothing made up fits is told, and how to test it all the same", async () => {
  const Impossible = z.object({ title: z.string().refine(() => false) });

  await expect(answer(Impossible)).rejects.toMatchObject({
    code: "conflict",
    message: "demo.read can't be simulated: nothing made up fits its output.",
    hint: expect.stringContaining("base URL"),
  });
});
