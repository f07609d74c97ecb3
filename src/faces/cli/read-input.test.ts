import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { action } from "../../actions/action.ts";
import { connect } from "../../actions/integrations.ts";
import { call } from "../../actions/tools.ts";
import { makeFolder } from "../../testing/make-folder.ts";
import { fieldsOf } from "./fields.ts";
import { readInput, type Typed } from "./read-input.ts";

const sample = action({
  summary: "Test.",
  effect: "read",
  scope: "tools",
  who: "owner",
  route: "GET /test",
  positional: ["name", "rest"],
  input: z.object({
    dry_run: z.boolean().optional().describe("Only say what would happen"),
    name: z.string().max(5),
    max_count: z.coerce.number().int().max(10).default(5).describe("How many"),
    mode: z.enum(["live", "test"]).default("live"),
    scopes: z.array(z.enum(["read", "write"])).optional(),
    rest: z.array(z.string()),
  }),
  output: z.unknown(),
  run: () => Promise.resolve({}),
});

const noStdin = () => Promise.reject(new Error("stdin was read"));

function read(typed: Typed): Promise<unknown> {
  return readInput(sample.input, fieldsOf(sample), { name: "n", rest: ["one"], ...typed }, noStdin);
}

test("an input is by position or an option in kebab-case, in the singular where it may be repeated", () => {
  const fields = fieldsOf(sample);

  expect(fields.map(({ flag, kind, required }) => [flag, kind, required])).toEqual([
    ["name", "text", true],
    ["rest", "list", false],
    ["--none", "switch", false],
    ["--dry-run", "switch", false],
    ["--max-count", "number", false],
    ["--mode", "text", false],
    ["--scope", "list", false],
  ]);
});

test("a list by position is what was typed, or none where that is said, and is never taken to be empty", async () => {
  const several = await read({ rest: ["one", "two"] });
  const none = await read({ rest: [], none: true });

  expect([several, none]).toMatchObject([{ rest: ["one", "two"] }, { rest: [] }]);
  await expect(read({ rest: [] })).rejects.toMatchObject({ message: expect.stringContaining("rest or --none") });
  await expect(read({ rest: ["one"], none: true })).rejects.toMatchObject({
    message: "rest and --none contradict each other.",
  });
});

test("the help of an input has its description, choices and default", () => {
  const help = Object.fromEntries(fieldsOf(sample).map((field) => [field.flag, field.help]));

  expect(help).toMatchObject({
    "--dry-run": "Only say what would happen",
    "--max-count": "How many (5 unless given)",
    "--mode": "(live, test; live unless given)",
    "--scope": "(read, write; may be repeated)",
  });
});

test("what was typed becomes the input, with the defaults of what was not", async () => {
  const input = await read({ name: "n", rest: ["a", "b"], max_count: "7", dry_run: true, scopes: ["read"] });

  expect(input).toEqual({ name: "n", rest: ["a", "b"], max_count: 7, dry_run: true, scopes: ["read"], mode: "live" });
});

test("what is wrong is said of the option it was typed for", async () => {
  const typed = { name: "too long", max_count: "many", mode: "dead", scopes: ["read", "rule"] };

  await expect(read(typed)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(
      /name: Too big.*--max-count: .*number.*--mode: .*"live"\|"test".*--scope: .*"write"/,
    ),
  });
});

test("what is missing is named as it would be typed", async () => {
  const reading = readInput(sample.input, fieldsOf(sample), {}, noStdin);

  await expect(reading).rejects.toMatchObject({
    message: "The command can't be run: name is missing; rest or --none is missing.",
  });
});

test("pairs are split at the first equals sign, and settings stay the texts they are but for null", async () => {
  const typed = {
    service: "github",
    credentials: ["A=x=y", "B=3"],
    config: ["on=true", "id=1234567890123456789", "gone=null", "text=plain words"],
  };

  const input = await readInput(connect.input, fieldsOf(connect), typed, noStdin);

  expect(input).toMatchObject({
    credentials: { A: "x=y", B: "3" },
    config: { on: "true", id: "1234567890123456789", gone: null, text: "plain words" },
  });
});

test("a pair without a name is refused without being repeated, since it may be a secret", async () => {
  const reading = readInput(
    connect.input,
    fieldsOf(connect),
    { service: "github", credentials: ["ghp_secret"] },
    noStdin,
  );

  await expect(reading).rejects.toMatchObject({
    message: "--credential takes NAME=VALUE.",
    hint: "Give it as --credential NAME=VALUE.",
  });
});

test("one value can come from stdin, without the line's end", async () => {
  const fields = fieldsOf(connect);
  const stdin = () => Promise.resolve("secret\r\n");

  const one = await readInput(connect.input, fields, { service: "github", credentials: ["A=-"] }, stdin);
  const two = readInput(connect.input, fields, { service: "github", credentials: ["A=-", "B=-"] }, stdin);

  expect(one.credentials).toEqual({ A: "secret" });
  await expect(two).rejects.toThrow("Only one value can be read from stdin.");
});

test("JSON is typed, or read from a file or from stdin", async () => {
  const file = join(makeFolder(), "input.json");
  writeFileSync(file, '{"from":"file"}');
  const fields = fieldsOf(call);
  const readCall = (input: string) =>
    readInput(call.input, fields, { tool: "t", input }, () => Promise.resolve('{"from":"stdin"}\n'));

  const inputs = await Promise.all([readCall('{"from":"typing"}'), readCall(`@${file}`), readCall("-")]);

  expect(inputs.map(({ input }) => input)).toEqual([{ from: "typing" }, { from: "file" }, { from: "stdin" }]);
  await expect(readCall("{from: typing}")).rejects.toThrow("--input is not JSON.");
  await expect(readCall(`@${file}.gone`)).rejects.toThrow(`The file ${file}.gone can't be read.`);
});
