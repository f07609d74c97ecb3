import { type Command, Option } from "commander";

/** What any command can be told. */
export interface GlobalOptions {
  /** Whether a program reads the answer. */
  readonly json: boolean;
  /** The config file that was named. */
  readonly config: string | undefined;
  /** Whether it is about the test world. */
  readonly test: boolean;
}

/** What decides which hub a command is about, and which of its worlds. */
export type HubChoice = Pick<GlobalOptions, "config" | "test">;

const OPTIONS = {
  json: new Option("--json", 'print one {"data": …} document, and errors as {"error": …} on stderr'),
  config: new Option("--config <file>", "read this config file rather than mcp.config.json"),
  test: new Option("--test", "in the test world, where nothing reaches a service but its sandbox"),
};

/** Declares options that the commands above may have been given, too: they can stand before a command's name and after. */
export function addGlobalOptions(command: Command, ...names: readonly (keyof GlobalOptions)[]): () => GlobalOptions {
  for (const name of names) command.addOption(OPTIONS[name]);
  return () => {
    const own = Object.fromEntries(names.map((name) => [name, command.getOptionValue(name) as unknown]));
    const given: Partial<GlobalOptions> = { ...own, ...command.parent?.optsWithGlobals() };
    return { json: given.json ?? false, config: given.config, test: given.test ?? false };
  };
}
