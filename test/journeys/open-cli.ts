import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { inject, onTestFinished } from "vitest";
import { makeFolder } from "#testing";

const MAIN = inject("main");

type Env = Readonly<Record<string, string>>;

interface RunOptions {
  readonly stdin?: string;
  readonly env?: Env;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that goes on until it is told to stop. */
export interface Running {
  /** What it has printed once that holds a text. */
  printed(text: string): Promise<string>;
  /** The same of what it says besides: on stderr. */
  noted(text: string): Promise<string>;
  /** How it ends by itself. */
  readonly ended: Promise<Ended>;
  write(text: string): void;
  stop(signal: NodeJS.Signals): Promise<Ended>;
}

export interface Cli {
  /** The executable. */
  readonly main: string;
  /** The folder of its data. */
  readonly home: string;
  /** The folder it is run in. */
  readonly cwd: string;
  readonly env: Env;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The `data` that a command prints with `--json`; throws where it fails. */
  data<Data = Readonly<Record<string, unknown>>>(args: readonly string[], options?: RunOptions): Promise<Data>;
  /** The `error` that a command prints with `--json`, and its exit code. */
  error(args: readonly string[], options?: RunOptions): Promise<Record<string, unknown>>;
  spawn(args: readonly string[], env?: Env): Running;
  /** Everything that was printed so far, by all commands. */
  transcript(): string;
}

/** The real executable with a home of its own, which is gone when the test ends. */
export function openCli(more: Env = {}): Cli {
  const folder = makeFolder();
  const home = join(folder, "home");
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, PATCHBAY_HOME: home, PATCHBAY_PORT: "0", ...more };
  let transcript = "";

  function launch(args: readonly string[], extra: Env = {}) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { ...env, ...extra } });
    const exit = once(child, "exit");
    // Gone before the folder that it writes to is.
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await exit;
    });
    const ended = Promise.all([text(child.stdout), text(child.stderr), exit]);
    const end = ended.then(([stdout, stderr, [exitCode]]) => {
      transcript += stdout + stderr;
      return { exitCode: exitCode as number | null, stdout, stderr };
    });
    return { child, end };
  }

  async function run(args: readonly string[], { stdin = "", env: extra }: RunOptions = {}): Promise<Ended> {
    const { child, end } = launch(args, extra);
    child.stdin.end(stdin);
    return end;
  }

  return {
    main: MAIN,
    home,
    cwd: folder,
    env,
    run,
    async data(args, options) {
      const { exitCode, stdout, stderr } = await run([...args, "--json"], options);
      if (exitCode !== 0) throw new Error(`patchbay ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
      return JSON.parse(stdout).data;
    },
    async error(args, options) {
      const { exitCode, stdout, stderr } = await run([...args, "--json"], options);
      return { exitCode, stdout, ...JSON.parse(stderr).error };
    },
    spawn(args, extra) {
      const { child, end } = launch(args, extra);
      const follow = (stream: Readable) => {
        let said = "";
        stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
        return async (expected: string): Promise<string> => {
          while (!said.includes(expected)) await Promise.race([once(stream, "data"), failAtEnd(end)]);
          return said;
        };
      };
      return {
        printed: follow(child.stdout),
        noted: follow(child.stderr),
        ended: end,
        write: (line) => void child.stdin.write(line),
        async stop(signal) {
          child.kill(signal);
          return end;
        },
      };
    },
    transcript: () => transcript,
  };
}

async function failAtEnd(end: Promise<Ended>): Promise<never> {
  throw new Error(`It ended early: ${JSON.stringify(await end)}`);
}
