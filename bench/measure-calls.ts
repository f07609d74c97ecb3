import { writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import type { Measured } from "./budgets.ts";
import { bestP50Ms, bestRate, drive, type Round } from "./drive.ts";
import { makeHome } from "./home.ts";
import { type Address, CALL, type Message, modernMessage, openSession, post } from "./json-rpc.ts";
import { scriptCommand, startHub, startScript } from "./processes.ts";
import { takeTurns } from "./statistics.ts";

interface Pair {
  readonly ours: () => Message;
  readonly floor: () => Message;
}

const ROUNDS = 7;
const WARM_UP = { connections: 16, messages: 2_000 };
const ONE_BY_ONE = { connections: 1, messages: 400 };
const ALL_AT_ONCE = { connections: 16, messages: 1_600 };
const LISTS = { connections: 1, messages: 150 };

/** Calls and lists over HTTP, of one profile that holds one account of a service with a hundred operations. */
export async function measureCalls(folder: string, serviceUrl: string) {
  const home = await makeHome({ parent: folder, serviceUrl, services: ["bench"], integrations: 1, profiles: 1 });
  const hub = await startHub(home.env);
  const ours: Address = { url: hub.url, key: home.keys[0] ?? "" };
  const toolsFile = join(folder, "tools.json");
  writeFileSync(toolsFile, JSON.stringify(await listTools(ours)));
  const floor = await startScript(scriptCommand("floor-http", toolsFile, serviceUrl));
  try {
    return {
      modern: await measurePair(
        { ours: modernCall(ours), floor: modernCall({ url: floor.url }) },
        { ours: modernList(ours), floor: modernList({ url: floor.url }) },
      ),
      session: await measureSessions(ours, { url: `${floor.url}/session` }),
    };
  } finally {
    await floor.stop();
    await hub.stop();
    home.remove();
  }
}

async function listTools(address: Address): Promise<unknown> {
  const { text } = await post(new Agent(), modernMessage(address, "tools/list"));
  return (JSON.parse(text) as { result: unknown }).result;
}

function modernCall(address: Address): () => Message {
  const message = modernMessage(address, "tools/call", CALL);
  return () => message;
}

function modernList(address: Address): () => Message {
  const message = modernMessage(address, "tools/list");
  return () => message;
}

async function measureSessions(ours: Address, floor: Address) {
  const [oursOf, floorOf] = [await openSession(ours), await openSession(floor)];
  return measurePair(
    { ours: () => oursOf("tools/call", CALL), floor: () => floorOf("tools/call", CALL) },
    { ours: () => oursOf("tools/list"), floor: () => floorOf("tools/list") },
  );
}

async function measurePair(calls: Pair, lists: Pair) {
  await measure(calls, WARM_UP, 1);
  const oneByOne = await measure(calls, ONE_BY_ONE);
  const allAtOnce = await measure(calls, ALL_AT_ONCE);
  await measure(lists, LISTS, 1);
  const listed = await measure(lists, LISTS);
  return { callMs: toP50(oneByOne), callsPerSecond: toRate(allAtOnce), listMs: toP50(listed) };
}

type Rounds = Readonly<Record<"ours" | "floor", readonly Round[]>>;

function measure({ ours, floor }: Pair, load: typeof WARM_UP, rounds = ROUNDS): Promise<Rounds> {
  return takeTurns(rounds, { ours: () => drive(ours, load), floor: () => drive(floor, load) });
}

function toP50({ ours, floor }: Rounds): Measured {
  return { value: bestP50Ms(ours), floor: bestP50Ms(floor) };
}

function toRate({ ours, floor }: Rounds): Measured {
  return { value: bestRate(ours), floor: bestRate(floor) };
}
