import { spawn } from "node:child_process";
import { constants } from "node:os";
import { values } from "../../actions/env.ts";
import { environment } from "../../config.ts";
import type { HubChoice } from "./global-options.ts";
import { printNote } from "./output.ts";
import { reachHub } from "./reach-hub.ts";

export interface ExecOptions extends HubChoice {
  readonly profile: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** A terminal sends these to the command itself, as to everything that runs in its foreground. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT"] as const;
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** By convention of shells: the command is not there, or can't be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/**
 * Runs a command with the variables that the profile was allowed, and none of Patchbay's own.
 *
 * Its input, output and exit code are the command's. The hub is closed by then, however long the command runs.
 */
export async function exec({ profile, command, args, ...options }: ExecOptions): Promise<number> {
  const variables = await reachHub(options, ({ run }) =>
    run(values, { profile, purpose: `exec ${command}`.slice(0, 100) }),
  );
  return spawnChild(command, args, { ...withoutOwn(environment()), ...variables });
}

function withoutOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PATCHBAY_/i.test(name)));
}

function spawnChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", env });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  for (const signal of OF_TERMINAL) process.on(signal, process.stdin.isTTY ? () => undefined : passOn);
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      printNote(`${command} can't be run: ${error.code ?? error.message}.`);
      resolve(error.code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
  });
}
