import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { type Outcome, runKillLoop } from "./kill-loop.ts";

// The long form of test/kill-loop.test.ts: node test/kill-loop/run.ts [--kills 200] [--seed 1]
const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" } } });
const kills = Number(values.kills ?? "200");
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const POSTGRES_URL = process.env["PATCHBAY_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";

console.log(`${kills} kills on each store, by the seed ${seed}`);
const results = [report("SQLite", await onSqlite()), report("PostgreSQL", await onPostgres())];
process.exitCode = results.every(Boolean) ? 0 : 1;

async function onSqlite(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-kills-"));
  try {
    return await runKillLoop({ databaseUrl: join(folder, "hub.db"), kills, seed });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function onPostgres(): Promise<Outcome> {
  const name = `patchbay_kills_${process.pid}`;
  const url = new URL(POSTGRES_URL);
  url.pathname = name;
  await ask(`create database ${name}`);
  try {
    return await runKillLoop({ databaseUrl: url.href, kills, seed });
  } finally {
    await ask(`drop database ${name} with (force)`);
  }
}

async function ask(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function report(store: string, { acknowledged, lost, duplicates, renamed, undelivered, isLedgerWhole }: Outcome) {
  const facts = { acknowledged, lost: lost.length, duplicates, renamed: renamed.length, undelivered, isLedgerWhole };
  console.log(`${store}: ${JSON.stringify(facts)}`);
  return lost.length + renamed.length + undelivered === 0 && duplicates <= kills && isLedgerWhole;
}
