import { expect, test } from "vitest";
import * as z from "zod";
import { action } from "../../actions/action.ts";
import { renderAnswer } from "./render.ts";

function makeAction(output: z.ZodType, columns?: readonly string[]) {
  return action({
    summary: "Test.",
    effect: "read",
    scope: "tools",
    who: "owner",
    route: "GET /test",
    input: z.object({}),
    output,
    ...(columns && { columns }),
    run: () => Promise.resolve({}),
  });
}

const rows = [
  { id: "a", on: true, policy: { allow: ["list_*", "read_*"], ask: ["merge"] }, tags: [] },
  { id: "b", on: false, policy: {}, tags: ["x"] },
];

test("a list is a table of the columns that the action names", () => {
  const text = renderAnswer(makeAction(z.unknown(), ["on", "id"]), rows, Infinity);

  expect(text).toBe(["ON   ID", "yes  a", "no   b"].join("\n"));
});

test("a list without named columns shows all, nested ones in short", () => {
  const text = renderAnswer(makeAction(z.unknown()), rows, Infinity);

  expect(text.split("\n")).toEqual([
    "ID  ON   POLICY                          TAGS",
    "a   yes  allow=list_*, read_* ask=merge  none",
    "b   no   none                            x",
  ]);
});

test("nothing and an empty list say so, and a list of texts is one a line", () => {
  const lists = [null, [], {}, ["slack", "telegram"]].map((list) =>
    renderAnswer(makeAction(z.unknown()), list, Infinity),
  );

  expect(lists).toEqual(["None.", "None.", "None.", "slack\ntelegram"]);
});

test("a single thing is one fact a line, without what is absent", () => {
  const answer = { id: "int_1", status_reason: null, connected_at: "today", tools: [{ tool: "t", effect: "read" }] };

  const text = renderAnswer(makeAction(z.unknown()), answer, Infinity);

  expect(text).toBe(
    ["id            int_1", "connected at  today", "tools       ", "  TOOL  EFFECT", "  t     read"].join("\n"),
  );
});

test("what the action says of a fact stands beside it", () => {
  const output = z.object({ id: z.string(), key: z.string().describe("Shown this once: keep it") });

  const text = renderAnswer(makeAction(output), { id: "key_1", key: "pb_live_a" }, Infinity);

  expect(text).toBe("id   key_1\nkey  pb_live_a  (Shown this once: keep it)");
});

test("what has a name of its own keeps it, as an environment variable does", () => {
  const text = renderAnswer(makeAction(z.unknown()), { agent_env_vars: { GH_TOKEN: "GITHUB_TOKEN" } }, Infinity);

  expect(text).toBe("agent env vars\n  GH_TOKEN  GITHUB_TOKEN");
});

test("of a JSON Schema the fields are shown", () => {
  const title = { type: "string", description: "In plain text" };
  const input = { type: "object", properties: { title, body: {} }, required: ["title"], additionalProperties: false };
  const answer = { config: input, none: { type: "object", properties: {} }, operations: [{ operation: "add", input }] };

  const text = renderAnswer(makeAction(z.unknown()), answer, Infinity);

  expect(text.split("\n")).toEqual([
    "config    ",
    "  NAME   REQUIRED  DESCRIPTION",
    "  title  yes       In plain text",
    "  body   no",
    "none        none",
    "operations",
    "  OPERATION  INPUT",
    "  add        title body?",
  ]);
});

test("a fact of several lines stays under its beginning", () => {
  const text = renderAnswer(makeAction(z.unknown()), { body: "one\ntwo", n: 3 }, Infinity);

  expect(text).toBe("body  one\n      two\nn     3");
});
