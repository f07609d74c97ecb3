import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { HubError } from "./errors.ts";
import { openLog } from "./log.ts";

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL("./log.ts", import.meta.url));

/** Runs a script that has `openLog` in a process of its own. */
function runScript(script: string): Promise<{ stdout: string; stderr: string }> {
  const source = `import { openLog } from ${JSON.stringify(MODULE)};\n${script}`;
  return run(process.execPath, ["--input-type=module", "--eval", source]);
}

test("a line is one JSON object with level, time, message and facts", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: false, write: (line) => lines.push(line) });

  log.info("Connected.", { service: "github", tools: 12, active: true });

  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: "github",
      tools: 12,
      active: true,
      msg: "Connected.",
    },
  ]);
  expect(lines[0]).toMatch(/\}\n$/);
});

test("levels below the chosen one are not written", () => {
  const lines: string[] = [];
  const log = openLog({ level: "warn", readable: false, write: (line) => lines.push(line) });

  log.debug("one");
  log.info("two");
  log.warn("three");
  log.error("four");

  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["three", "four"]);
});

test("a silent log writes nothing", () => {
  const lines: string[] = [];
  const log = openLog({ level: "silent", readable: false, write: (line) => lines.push(line) });

  log.error("Unheard.");

  expect(lines).toEqual([]);
});

test("an error is logged as code, message, hint and stack and nothing else it carries", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: false, write: (line) => lines.push(line) });
  const error = new HubError("service_failed", "github failed: status 500.", {
    hint: "Try again later.",
    details: { row: "sentinel-details" },
    serviceWords: "sentinel-words",
    cause: new Error("sentinel-cause"),
  });

  log.error("A call failed.", {}, error);

  expect(lines.join("")).not.toContain("sentinel");
  expect(JSON.parse(lines[0] ?? "").error).toEqual({
    code: "service_failed",
    message: "github failed: status 500.",
    hint: "Try again later.",
    stack: error.stack,
  });
});

test("an error that happens again is written once a minute, with how often it did meanwhile", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: false, write: (line) => lines.push(line) });
  const fail = (message = "no answer") => log.error("It failed.", {}, new Error(message));

  fail();
  vi.advanceTimersByTime(59_999);
  fail();
  fail("another reason");
  log.error("It failed.");
  vi.advanceTimersByTime(1);
  fail();
  vi.advanceTimersByTime(60_000);
  fail();

  const written = lines.map((line) => JSON.parse(line) as { repeated?: number; error?: { message: string } });
  expect(written.map(({ repeated, error }) => [error?.message, repeated])).toEqual([
    ["no answer", undefined],
    ["another reason", undefined],
    [undefined, undefined],
    ["no answer", 1],
    ["no answer", undefined],
  ]);
});

test("properties that a library hangs on its errors are not logged", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: false, write: (line) => lines.push(line) });
  const error = Object.assign(new Error("connect failed"), {
    code: "ECONNREFUSED",
    request: { headers: { authorization: "sentinel-header" } },
  });

  log.warn("The service is away.", {}, error);

  expect(lines.join("")).not.toContain("sentinel");
  expect(JSON.parse(lines[0] ?? "").error).toMatchObject({ code: "ECONNREFUSED", message: "connect failed" });
});

test("a thrown value that is not an error is not printed", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: false, write: (line) => lines.push(line) });

  log.error("A call failed.", {}, "sentinel-text");

  expect(JSON.parse(lines[0] ?? "").error).toEqual({
    message: "Something was thrown that is not an error: a string.",
  });
});

test.each([false, true])("secrets are taken out of every part of a line (readable: %s)", (readable) => {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    readable,
    redact: (text) => text.replaceAll("s3cret", "[redacted]"),
    write: (line) => lines.push(line),
  });

  log.error("Refused s3cret.", { key: "s3cret" }, new Error("s3cret is wrong"));

  expect(lines.join("")).not.toContain("s3cret");
  expect(lines.join("").match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(3);
});

test("a person reads time, level, message and facts in a line, then the stack and the hint", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: true, write: (line) => lines.push(line) });
  const error = new HubError("not_found", "There is no profile named ops.", { hint: "Make it first." });

  log.info("Listening.", { port: 7300, host: "127.0.0.1" });
  log.error("A command failed.", {}, error);

  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}Listening\. port=7300 host="127\.0\.0\.1"\n$/);
  expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d error A command failed\.\nHubError: There is no profile named ops\.\n/);
  expect(lines[1]).toMatch(/\nMake it first\.\n$/);
});

test("text can't send control sequences to a terminal", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", readable: true, write: (line) => lines.push(line) });

  log.info("Hello \u001b[2J\u001b]0;owned\u0007there.");

  expect(lines[0]).toMatch(/info {2}Hello there\.\n$/);
});

test("the log goes to stderr and leaves stdout alone", async () => {
  const { stdout, stderr } = await runScript(`openLog({ level: "info" }).info("Ready.", { port: 7300 });`);

  expect(stdout).toBe("");
  expect(JSON.parse(stderr)).toMatchObject({ level: "info", msg: "Ready.", port: 7300 });
});

test("a line that was written outlives a kill", async () => {
  const killed = runScript(`openLog({ level: "info" }).info("Last words."); process.kill(process.pid, "SIGKILL");`);

  await expect(killed).rejects.toMatchObject({ signal: "SIGKILL", stderr: expect.stringContaining("Last words.") });
});

test("pino is loaded by the first line, not before", async () => {
  const { stdout } = await runScript(`
    import { createRequire } from "node:module";
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("pino"));
    const log = openLog({ level: "info" });
    log.debug("Not written.");
    const before = loaded();
    log.info("Written.");
    console.log(before, loaded());
  `);

  expect(stdout.trim()).toBe("false true");
});
