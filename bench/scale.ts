import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { readConfig } from "../src/config.ts";
import { openHub } from "../src/hub.ts";
import { claimDue } from "../src/notify/claim-due.ts";
import { bestP50Ms, drive } from "./drive.ts";
import { addEntries, addNotifications, FREQUENT, RARE } from "./fill-store.ts";
import { ALL_SERVICES } from "./home.ts";
import { CALL } from "./json-rpc.ts";
import { openStore } from "./measure-scale.ts";
import { type Env, scriptCommand, startScript } from "./processes.ts";
import { quantile, takeTurns } from "./statistics.ts";

// Fills a large store and a small one of each kind, and prints how much slower everything is on the large one.
const SIZES = {
  large: { profiles: 10_000, integrations: 100, entries: 1_000_000, notifications: 100_000 },
  small: { profiles: 10, integrations: 10, entries: 1_000, notifications: 1_000 },
};
type Size = keyof typeof SIZES;
type Times = Readonly<Record<string, number>>;

const ROUNDS = 5;
/** The hub would try to hear what people say there. */
const LISTENED = ["slack", "telegram"];
const POSTGRES_URL = process.env["PATCHBAY_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
const cache = join(import.meta.dirname, "../node_modules/.cache/patchbay-bench");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "scale-"));
const service = await startScript(scriptCommand("stub-service"));
try {
  printGrowth("SQLite", await measureKind());
  await onServer("create database");
  printGrowth("PostgreSQL", await measureKind(databaseOf));
} finally {
  await onServer("drop database if exists");
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}

function databaseOf(size: Size): string {
  return Object.assign(new URL(POSTGRES_URL), { pathname: nameOf(size) }).href;
}

function nameOf(size: Size): string {
  return `patchbay_scale_${size}_${process.pid}`;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL });
  await client.connect();
  for (const size of Object.keys(SIZES) as Size[]) await client.query(`${statement} ${nameOf(size)}`);
  await client.end();
}

async function measureKind(urlOf?: (size: Size) => string): Promise<Record<Size, Times>> {
  const services = [...ALL_SERVICES.filter((id) => !LISTENED.includes(id)), "bench"];
  const open = async (size: Size) => {
    const startedAt = performance.now();
    const { profiles, integrations, entries } = SIZES[size];
    const spec = { parent: folder, serviceUrl: service.url, services, profiles, integrations };
    const store = await openStore({ ...spec, ...(urlOf && { databaseUrl: urlOf(size) }) }, (env) =>
      addEntries(env, entries),
    );
    process.stderr.write(`Filled the ${size} store in ${Math.round((performance.now() - startedAt) / 1000)} s.\n`);
    return store;
  };
  const [large, small] = [await open("large"), await open("small")];
  try {
    const calls = await takeTurns(ROUNDS, {
      large: () => drive(large.next("tools/call", CALL), { connections: 1, messages: 200 }),
      small: () => drive(small.next("tools/call", CALL), { connections: 1, messages: 200 }),
    });
    const lists = await takeTurns(ROUNDS, {
      large: () => drive(large.next("tools/list"), { connections: 1, messages: 100 }),
      small: () => drive(small.next("tools/list"), { connections: 1, messages: 100 }),
    });
    const measure = async (size: Size, env: Env): Promise<Times> => ({
      "tools/call": bestP50Ms(calls[size]),
      "tools/list": bestP50Ms(lists[size]),
      ...(await measureQueries(env, SIZES[size].notifications)),
    });
    return { large: await measure("large", large.env), small: await measure("small", small.env) };
  } finally {
    await Promise.all([large.close(), small.close()]);
  }
}

/** What no agent waits for, asked of the features themselves. */
async function measureQueries(env: Env, notifications: number): Promise<Times> {
  const hub = await openHub(readConfig({ env }));
  const { workspaceId } = hub.owner;
  const filters = {
    "audit, newest": {},
    "audit of a profile": { profileId: "prof_1" },
    "audit of an integration": { integrationId: "int_1" },
    "audit of a frequent operation": { operation: FREQUENT },
    "audit of a rare operation": { operation: RARE },
    "audit of a rare action": { action: "key.create" },
  };
  const times: Record<string, number> = {};
  for (const [name, filter] of Object.entries(filters)) {
    times[name] = await p50Ms(() => hub.audit.list({ workspaceId, limit: 50, ...filter }));
  }
  await addNotifications(hub.store, workspaceId, notifications);
  times["outbox claim"] = await p50Ms(() =>
    claimDue(hub.store, { nowMs: Date.now(), limit: 10, busy: [], leaseMs: 60_000 }),
  );
  await hub.store.db.deleteFrom("notifications").execute();
  await hub.close();
  return times;
}

async function p50Ms(run: () => Promise<unknown>): Promise<number> {
  const timesMs: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const startedAt = performance.now();
    await run();
    timesMs.push(performance.now() - startedAt);
  }
  return quantile(timesMs, 0.5);
}

function printGrowth(kind: string, { large, small }: Readonly<Record<Size, Times>>): void {
  const rows = Object.entries(large).map(([what, ms]) => {
    const floor = small[what] ?? Number.NaN;
    return `| ${what} | ${floor.toFixed(2)} ms | ${ms.toFixed(2)} ms | ${(ms / floor).toFixed(2)} |`;
  });
  process.stdout.write(
    `${[`| ${kind} | small | large | growth |`, "| --- | --- | --- | --- |", ...rows].join("\n")}\n\n`,
  );
}
