import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BudgetName, BUDGETS, judge, type Measured, type Row } from "./budgets.ts";
import { measureCalls } from "./measure-calls.ts";
import { measureInstall } from "./measure-install.ts";
import { measureScale } from "./measure-scale.ts";
import { measureStart } from "./measure-start.ts";
import { measureSyncMs } from "./measure-sync.ts";
import { scriptCommand, startScript } from "./processes.ts";

// Measures every budget against a bare server of the same SDK, in one run. What each row means is in README.md.
const asJson = process.argv.includes("--json");
const ROOT = join(import.meta.dirname, "..");

build();
// On the disk of the checkout, since a temporary folder may be in memory, where nothing is ever written.
const cache = join(ROOT, "node_modules/.cache/patchbay-bench");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "run-"));
const service = await startScript(scriptCommand("stub-service"));
try {
  say("Starting: the built executable against the floor, over stdio and HTTP.");
  const start = await measureStart(folder, service.url);
  say("Calling: the hub against the floor.");
  const calls = await measureCalls(folder, service.url);
  say("Scaling: 10,000 profiles against 10.");
  const scale = await measureScale(folder, service.url);
  const syncMs = measureSyncMs(folder);
  const measured: Record<BudgetName, Measured> = {
    call_p50_added: calls.modern.callMs,
    calls_per_second: calls.modern.callsPerSecond,
    stdio_first_list: start.modern.ms,
    memory_stdio: start.modern.mb,
    memory_http: start.httpMb,
    list_100_tools: calls.modern.listMs,
    list_at_scale: scale.list,
    call_at_scale: scale.call,
    install_size: measureInstall(),
  };
  const names = Object.keys(BUDGETS) as BudgetName[];
  const rows = Object.fromEntries(names.map((name) => [name, judge(name, measured[name])])) as Record<BudgetName, Row>;
  if (asJson) process.stdout.write(`${JSON.stringify({ data: rows }, undefined, 2)}\n`);
  else printTable(rows);
  say(`\nFor information: with a session of 2025-11-25
  call p50 ${describe(calls.session.callMs)} ms, calls ${describe(calls.session.callsPerSecond)} /s, list ${describe(calls.session.listMs)} ms,
  stdio start ${describe(start.session.ms)} ms. This disk takes ${format(syncMs)} ms to keep 16 kB.`);
} finally {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}

function build(): void {
  const { status, stderr } = spawnSync("npm", ["run", "--silent", "build"], { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`The build failed:\n${stderr}`);
}

/** Beside the result, so on stderr. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function printTable(rows: Readonly<Record<BudgetName, Row>>): void {
  const lines = (Object.keys(rows) as BudgetName[]).map((name) => {
    const { value, floor, ratio, budget, holds } = rows[name];
    const { what, unit } = BUDGETS[name];
    return [what, `${format(value)} ${unit}`, `${format(floor)} ${unit}`, format(ratio), budget, holds ? "yes" : "NO"];
  });
  const table = [["", "hub", "floor", "ratio", "budget", "holds"], ...lines];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of table) {
    process.stdout.write(`${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`);
  }
}

function describe({ value, floor }: Measured): string {
  return `${format(value)} (floor ${format(floor)})`;
}

function format(number: number): string {
  return number >= 100 ? number.toFixed(0) : number.toPrecision(3);
}
