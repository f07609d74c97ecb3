import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "rolldown";
import { expect, test } from "vitest";
import github from "../connectors/github/connector.ts";
import { executable } from "../rolldown.config.ts";
import { listOperations } from "../src/catalog/list-operations.ts";

test("an old Node is refused in one sentence, before anything it can't run is loaded", () => {
  const pretendOld = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '22.18.0' })";
  const main = join(import.meta.dirname, "../src/main.ts");

  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", pretendOld, main, "--help"], {
    encoding: "utf8",
  });

  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr: "Patchbay needs Node 22.19 or newer, and this is 22.18.0.\n",
  });
});

test("the built executable checks its Node before it loads any other file", async () => {
  const { output } = await build({ ...executable, write: false });

  const entry = output.find((file) => file.type === "chunk" && file.isEntry);
  expect(entry).toMatchObject({ fileName: "main.js", imports: ["node:module"] });
});

test("the built executable holds the same lists of tools that the source would make", async () => {
  const { output } = await build({ ...executable, write: false });

  const code = output.map((file) => (file.fileName.startsWith("list-of_github") && "code" in file ? file.code : ""));
  const built: unknown = await import(`data:text/javascript,${encodeURIComponent(code.join(""))}`);

  expect(built).toMatchObject({ default: JSON.parse(JSON.stringify(listOperations(github))) });
});
