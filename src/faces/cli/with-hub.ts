import { existsSync } from "node:fs";
import { environment, readConfig } from "../../config.ts";
import { HubError } from "../../errors.ts";
import { type Hub, openHub } from "../../hub.ts";
import { isPostgres } from "../../store/open.ts";
import type { GlobalOptions, HubChoice } from "./global-options.ts";
import { paintNote } from "./output.ts";

/** The configuration of whoever types a command, who may keep a config file in the folder they stand in. */
export function readLocalConfig({ config: file }: Pick<GlobalOptions, "config">): ReturnType<typeof readConfig> {
  return readConfig({ env: environment(), cwd: process.cwd(), ...(file !== undefined && { file }) });
}

/** Whether there is a database; one on a server is looked for by opening it. */
export function hasHub(databaseUrl: string): boolean {
  return isPostgres(databaseUrl) || databaseUrl === ":memory:" || existsSync(databaseUrl);
}

/** Opens the hub of whoever types a command, and closes it after the work. Ctrl-C gives the work up. */
export async function withHub<Result>(
  options: Pick<HubChoice, "config" | "test">,
  work: (hub: Hub, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const config = readLocalConfig(options);
  const hub = await openHub(config, options.test ? "test" : "live");
  const stop = stopAtInterrupt();
  try {
    return await work(hub, stop.signal);
  } catch (error) {
    throw hub.asHubError(error);
  } finally {
    await hub.close();
  }
}

/** Ctrl-C gives up what a command does. */
export function stopAtInterrupt(): AbortController {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new HubError("cancelled", "The command was interrupted.")));
  return stop;
}

export function describeNewMasterKey(where: string): string {
  const fact = `A new master key was made. It is kept in ${where}.`;
  return `${paintNote("yellow", "!")} ${fact} Back it up: without it no credential can be read.`;
}
