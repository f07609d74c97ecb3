import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askSecret } from "./ask.ts";

function openTerminal() {
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: "utf8" })];
  return { input, output, shown: () => String(output.read()) };
}

test("what is typed is taken and not shown", async () => {
  const { input, output, shown } = openTerminal();

  const asking = askSecret("Token: ", input, output);
  input.write("ghp_typed \r");
  const answer = await asking;

  expect([answer, shown()]).toEqual(["ghp_typed", "Token: \n"]);
});

test("two questions are answered one after the other", async () => {
  const { input, output } = openTerminal();

  const first = askSecret("One: ", input, output);
  input.write("1\r");
  await first;
  const second = askSecret("Two: ", input, output);
  input.write("2\r");

  expect([await first, await second]).toEqual(["1", "2"]);
});

test("Ctrl-C gives up", async () => {
  const { input, output } = openTerminal();

  const asking = askSecret("Token: ", input, output);
  input.write("half\u0003");

  await expect(asking).rejects.toMatchObject({ code: "cancelled" });
});
