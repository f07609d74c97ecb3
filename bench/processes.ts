import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "..");
const EXECUTABLE = join(ROOT, "dist/main.js");

export type Env = Readonly<Record<string, string>>;

/** What is run: a script, its arguments and its environment. */
export interface Command {
  readonly args: readonly string[];
  readonly env?: Env;
}

/** A server in a process of its own. */
export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** The built executable. */
export function hubCommand(env: Env, ...args: readonly string[]): Command {
  return { args: [EXECUTABLE, ...args], env };
}

/** One of the scripts here, as plain JavaScript: Node takes long to strip types, which a floor should not pay for. */
export function scriptCommand(name: string, ...args: readonly string[]): Command {
  const folder = join(ROOT, "node_modules/.cache/patchbay-bench");
  mkdirSync(folder, { recursive: true });
  for (const part of ["listen", "floor-server", name]) {
    const source = readFileSync(join(import.meta.dirname, `${part}.ts`), "utf8");
    const plain = stripTypeScriptTypes(source).replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.mjs"');
    writeFileSync(join(folder, `${part}.mjs`), plain);
  }
  return { args: [join(folder, `${name}.mjs`), ...args] };
}

/** Starts a process with nothing in its environment but what the command says. */
export function start({ args, env = {} }: Command): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  return spawn(process.execPath, args, { env: { PATH, HOME, ...env }, stdio: ["pipe", "pipe", "inherit"] });
}

/** Starts a script that prints its address once it listens. */
export async function startScript(command: Command): Promise<Running> {
  const child = start(command);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [url] = (await once(lines, "line")) as [string];
  return { url, child, stop: () => stop(child) };
}

/** Starts the hub's HTTP server on a port that is free now. */
export async function startHub(env: Env): Promise<Running> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = start(hubCommand({ ...env, PATCHBAY_PORT: String(port) }, "start"));
  child.stdout?.resume();
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null) throw new Error(`The hub ended with ${child.exitCode}.`);
    await setTimeout(20);
  }
  return { url: `${url}/mcp`, child, stop: () => stop(child) };
}

async function findFreePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Resident memory of a process, in megabytes of a million bytes. */
export function residentMb({ pid }: ChildProcess): number {
  return (Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1024) / 1e6;
}
