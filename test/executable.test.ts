import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "rolldown";
import { expect, test } from "vitest";
import config from "../rolldown.config.ts";

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
  const { output } = await build({ ...config, write: false });

  const entry = output.find((file) => file.type === "chunk" && file.isEntry);
  expect(entry).toMatchObject({ fileName: "main.js", imports: ["node:module"] });
});
