import { checkHub } from "./check-hub.ts";
import { checkMachine } from "./check-machine.ts";
import type { GlobalOptions } from "./global-options.ts";
import { check, type Finding } from "./finding.ts";
import { paint, print, printJson } from "./output.ts";
import { pad, toPlain, widthOf } from "./table.ts";
import { readLocalConfig } from "./with-hub.ts";
import { withProgress } from "./with-progress.ts";

/** Checks all that the hub stands on, and returns 0 unless something is broken. */
export async function doctor(options: GlobalOptions): Promise<number> {
  const findings = await withProgress(examine(options));
  const broken = findings.filter(({ state }) => state === "failure");
  if (options.json) printJson({ ok: broken.length === 0, checks: findings });
  else print(describe(findings));
  return broken.length === 0 ? 0 : 1;
}

async function examine(options: GlobalOptions): Promise<readonly Finding[]> {
  const [node] = await check("Node", () => ({ fact: `${process.versions.node} is new enough.` }));
  const [file, config] = await check("config file", () => {
    const value = readLocalConfig(options);
    return { fact: value.file === undefined ? "There is none, and none is needed." : `${value.file} is right.`, value };
  });
  if (!config) return [node, file];
  return [node, file, ...(await checkMachine(config)), ...(await checkHub(config))];
}

const SIGNS = { ok: paint("green", "✓"), warning: paint("yellow", "!"), failure: paint("red", "✗") };

function describe(findings: readonly Finding[]): string {
  const names = Math.max(...findings.map(({ check: name }) => widthOf(name)));
  const lines = findings.map(({ check: name, state, fact, fix }) => {
    const line = `${SIGNS[state]} ${pad(toPlain(name), names)}  ${toPlain(fact)}`;
    return fix === undefined ? line : `${line}\n${" ".repeat(names + 4)}${paint("dim", toPlain(fix))}`;
  });
  return lines.join("\n");
}
