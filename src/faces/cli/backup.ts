import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { HubError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { print, printJson } from "./output.ts";
import { withHub } from "./with-hub.ts";
import { withProgress } from "./with-progress.ts";

/** Copies the database into a new file, also while the hub runs. */
export function backup({ to, ...options }: GlobalOptions & { readonly to: string }): Promise<number> {
  const file = resolve(to);
  if (existsSync(file)) {
    throw new HubError("conflict", `${file} is there already.`, { hint: "Name a file that is not." });
  }
  return withHub(options, async ({ store, audit, masterKey }) => {
    await audit.flush();
    await withProgress(copyTo(file, (partial) => store.engine.backUp(partial)));
    const facts = { file, master_key: masterKey.where };
    if (options.json) printJson(facts);
    else print(describe(facts));
    return 0;
  });
}

/** Under its name there is a whole backup or none. */
async function copyTo(file: string, copy: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  try {
    writeFileSync(partial, "", { mode: 0o600, flag: "wx" });
    await copy(partial);
    renameSync(partial, file);
  } catch (cause) {
    throw new HubError("unavailable", `No backup could be written to ${file}: ${(cause as Error).message}.`, {
      hint: "Name a folder that is there, that you may write to, and that has room.",
      cause,
    });
  } finally {
    rmSync(partial, { force: true });
  }
}

function describe({ file, master_key }: { readonly file: string; readonly master_key: string }): string {
  return [
    `The database was copied to ${file}.`,
    `It is of no use without the master key, which is not in it: ${master_key}. Keep a copy of that elsewhere.`,
  ].join("\n");
}
