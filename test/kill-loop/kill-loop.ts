import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../src/config.ts";
import { openHub } from "../../src/hub.ts";
import { connect } from "../../src/integrations/connect.ts";

/** Long enough for any attempt here, and short enough to be waited for. */
export const LEASE_MS = 3_000;

const SENDER = fileURLToPath(new URL("sender.ts", import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
/** How long a sender may live once it has begun; it is also killed while it starts. */
const LONGEST_LIFE_MS = 400;
const LAST_MESSAGES = 5;

interface Loop {
  readonly databaseUrl: string;
  readonly kills: number;
  /** Decides when each sender is killed. */
  readonly seed: number;
}

/** What became of all that was said. */
export interface Outcome {
  readonly acknowledged: number;
  /** Acknowledged and never delivered. */
  readonly lost: readonly string[];
  /** How often something arrived that had arrived before. */
  readonly duplicates: number;
  /** Messages that arrived under more than one id. */
  readonly renamed: readonly string[];
  readonly undelivered: number;
  readonly isLedgerWhole: boolean;
}

/** Kills a process again and again while it accepts messages and sends them, and then lets one finish. */
export async function runKillLoop({ databaseUrl, kills, seed }: Loop): Promise<Outcome> {
  const home = mkdtempSync(join(tmpdir(), "patchbay-kills-"));
  const receiver = await startReceiver();
  const env = {
    PATCHBAY_HOME: home,
    PATCHBAY_DATABASE_URL: databaseUrl,
    PATCHBAY_LOG_LEVEL: "error",
    PATCHBAY_MASTER_KEY: "00".repeat(32),
    PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1",
  };
  try {
    const account = await setUp(env, receiver.url);
    const random = makeRandom(seed);
    const acknowledged: string[] = [];
    for (let round = 0; round < kills; round += 1) {
      const lifeMs = Math.floor(random() * LONGEST_LIFE_MS);
      const isEarly = random() < 0.1;
      acknowledged.push(...(await runSender(env, [account, String(round), "1000000"], isEarly ? 0 : lifeMs, isEarly)));
    }
    acknowledged.push(...(await runSender(env, [account, "last", String(LAST_MESSAGES)])));
    return { ...judge(acknowledged, receiver.received), ...(await inspect(env)), acknowledged: acknowledged.length };
  } finally {
    receiver.close();
    rmSync(home, { recursive: true });
  }
}

async function startReceiver() {
  const received: { readonly id: string; readonly message: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const id = String(request.headers["webhook-id"]);
      const { type, data } = (await json(request)) as { type: string; data: { message: string } };
      if (type !== "hub.ping") received.push({ id, message: data.message });
      response.writeHead(204).end();
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Env = Readonly<Record<string, string>>;

/** Gives the id of the account that everything goes through. */
async function setUp(env: Env, url: string): Promise<string> {
  const hub = await openHub(readConfig({ env }));
  const { workspaceId, actor } = hub.owner;
  const spec = { workspaceId, actor, service: "webhook", baseUrl: url, credentials: { WEBHOOK_SECRET: SECRET } };
  const { integration } = await connect(hub, spec);
  await hub.close();
  return integration.id;
}

/** Gives what the sender acknowledged. Without a life to end it must end by itself, and well. */
async function runSender(env: Env, args: readonly string[], lifeMs?: number, isEarly = false): Promise<string[]> {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [SENDER, ...args], { env: { ...process.env, ...env }, stdio: [...stdio] });
  const exit = once(child, "exit") as Promise<[number | null]>;
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const reading = createInterface({ input: child.stdout });
  reading.on("line", (line) => (line === "ready" ? ready.resolve() : lines.push(line)));
  const isOver = once(reading, "close");
  if (lifeMs !== undefined) {
    await (isEarly ? once(child, "spawn") : Promise.race([ready.promise, exit]));
    await setTimeout(lifeMs);
    child.kill("SIGKILL");
  }
  const [code] = await exit;
  await isOver;
  if (code !== null && code !== 0) throw new Error(`A sender ended with the exit code ${code}.`);
  return lines.filter((line) => /^dlv_\w{26}$/.test(line));
}

function judge(
  acknowledged: readonly string[],
  received: readonly { readonly id: string; readonly message: string }[],
) {
  const ids = new Set(received.map(({ id }) => id));
  const byMessage = Map.groupBy(received, ({ message }) => message);
  return {
    lost: acknowledged.filter((id) => !ids.has(id)),
    duplicates: received.length - ids.size,
    renamed: [...byMessage].filter(([, all]) => new Set(all.map(({ id }) => id)).size > 1).map(([message]) => message),
  };
}

async function inspect(env: Env): Promise<Pick<Outcome, "undelivered" | "isLedgerWhole">> {
  const hub = await openHub(readConfig({ env }));
  const rows = await hub.store.db.selectFrom("notifications").select("id").where("status", "!=", "delivered").execute();
  const { ok } = await hub.audit.verify(hub.owner.workspaceId);
  await hub.close();
  return { undelivered: rows.length, isLedgerWhole: ok };
}

/** Mulberry32: the same numbers for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
