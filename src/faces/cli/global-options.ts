import { type Command, Option } from "commander";

/** What any command can be told. */
export interface GlobalOptions {
  /** Whether a program reads the answer. */
  readonly json: boolean;
  /** The config file that was named. */
  readonly config: string | undefined;
}

const OPTIONS = {
  json: new Option("--json", 'print one {"data": …} document, and errors as {"error": …} on stderr'),
  config: new Option("--config <file>", "read this config file rather than mcp.config.json"),
};

/** Declares options that may stand before the command's name, since the program has them, and after it. */
export function addGlobalOptions(command: Command, ...names: readonly (keyof GlobalOptions)[]): () => GlobalOptions {
  for (const name of names) command.addOption(OPTIONS[name]);
  return () => {
    const own = Object.fromEntries(names.map((name) => [name, command.getOptionValue(name) as unknown]));
    const { json = false, config }: Partial<GlobalOptions> = { ...own, ...rootOf(command).opts() };
    return { json, config };
  };
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}
