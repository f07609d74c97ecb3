import { writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Measured } from "./budgets.ts";
import { ALL_SERVICES, type Home, makeHome, PROFILE } from "./home.ts";
import { type Address, LEGACY_START, modernBody, modernMessage, post } from "./json-rpc.ts";
import {
  type Command,
  hubCommand,
  residentMb,
  scriptCommand,
  start,
  startHub,
  startScript,
  stop,
} from "./processes.ts";
import { median, takeTurns } from "./statistics.ts";

const STDIO_ROUNDS = 15;
const HTTP_ROUNDS = 5;
const GRANTED = 10;
const MODERN_START = [modernBody("tools/list")];

/** Starts, of a hub that has all its connectors and a profile that holds ten of them (or as many as there are). */
export async function measureStart(folder: string, serviceUrl: string) {
  const services = ALL_SERVICES.slice(0, GRANTED);
  const home = await makeHome({ parent: folder, serviceUrl, services, integrations: services.length, profiles: 1 });
  const toolsFile = join(folder, "start-tools.json");
  const ours = hubCommand(home.env, "mcp", "--profile", PROFILE);
  const floor = scriptCommand("floor-stdio", toolsFile, serviceUrl);
  // The first start of a build fills the cache of compiled code.
  const { answer } = await startStdio(ours, MODERN_START);
  writeFileSync(toolsFile, JSON.stringify(answer));
  try {
    const modern = await compareStdio(ours, floor, MODERN_START);
    const session = await compareStdio(ours, floor, LEGACY_START);
    return { modern, session, httpMb: await compareHttpMemory(home, toolsFile, serviceUrl) };
  } finally {
    home.remove();
  }
}

interface Started {
  readonly ms: number;
  readonly mb: number;
  readonly answer: unknown;
}

/** Writes the messages at once, as the pipe takes them, and waits for the answer to the one whose id is 1. */
async function startStdio(command: Command, messages: readonly string[]): Promise<Started> {
  const startedAt = performance.now();
  const child = start(command);
  child.stdin?.write(`${messages.join("\n")}\n`);
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    const ms = performance.now() - startedAt;
    const { id, result } = JSON.parse(line) as { id?: number; result?: unknown };
    if (id !== 1 || result === undefined) continue;
    const mb = residentMb(child);
    await stop(child);
    return { ms, mb, answer: result };
  }
  throw new Error(`${command.args.join(" ")} ended without a list.`);
}

async function compareStdio(ours: Command, floor: Command, messages: readonly string[]) {
  const started = await takeTurns(STDIO_ROUNDS, {
    ours: () => startStdio(ours, messages),
    floor: () => startStdio(floor, messages),
  });
  return {
    ms: { value: bestMs(started.ours), floor: bestMs(started.floor) } satisfies Measured,
    mb: { value: usualMb(started.ours), floor: usualMb(started.floor) } satisfies Measured,
  };
}

function bestMs(starts: readonly Started[]): number {
  return Math.min(...starts.map(({ ms }) => ms));
}

function usualMb(starts: readonly Started[]): number {
  return median(starts.map(({ mb }) => mb));
}

async function compareHttpMemory(home: Home, toolsFile: string, serviceUrl: string): Promise<Measured> {
  const measured = await takeTurns(HTTP_ROUNDS, {
    ours: async () => measureHttp(await startHub(home.env), home.keys[0]),
    floor: async () => measureHttp(await startScript(scriptCommand("floor-http", toolsFile, serviceUrl))),
  });
  return { value: median(measured.ours), floor: median(measured.floor) };
}

async function measureHttp(
  { url, child, stop: end }: Awaited<ReturnType<typeof startHub>>,
  key?: string,
): Promise<number> {
  const address: Address = { url, ...(key !== undefined && { key }) };
  await post(new Agent(), modernMessage(address, "tools/list"));
  const mb = residentMb(child);
  await end();
  return mb;
}
