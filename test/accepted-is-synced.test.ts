import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";

const ACCEPT = fileURLToPath(new URL("fixtures/accept-message.ts", import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const hasStrace = spawnSync("strace", ["--version"]).status === 0;

test.skipIf(!hasStrace)("a message is acknowledged after the disk has it, as the kernel saw it", async () => {
  const receiver = await startService({ "POST /": { status: 204 } });
  const hub = await openTestHub();
  await hub.connect("webhook", receiver.url, { WEBHOOK_SECRET: SECRET });
  const trace = join(hub.home, "trace.txt");
  const calls = "trace=write,pwrite64,fsync,fdatasync";

  const run = spawnSync("strace", ["-f", "-y", "-s", "64", "-e", calls, "-o", trace, process.execPath, ACCEPT], {
    env: { ...process.env, ...hub.env },
    encoding: "utf8",
  });

  const lines = readFileSync(trace, "utf8").split("\n");
  const begin = lines.findIndex((line) => line.includes('"begin\\n"'));
  const told = lines.findIndex((line) => line.includes('"dlv_'));
  const between = lines.slice(begin, told);
  const written = between.findLastIndex((line) => /pwrite64\(\d+<\S+-wal>/.test(line));
  const synced = between.findLastIndex((line) => /f(?:data)?sync(?:\(\d+<\S+-wal>| resumed).*= 0$/.test(line));
  expect(run.stdout).toMatch(/^begin\ndlv_/);
  expect(begin).toBeGreaterThan(0);
  expect(written).toBeGreaterThan(0);
  expect(synced).toBeGreaterThan(written);
});
