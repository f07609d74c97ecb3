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

/** Declares options that the commands above may have been given, too: they can stand before a command's name and after. */
export function addGlobalOptions(command: Command, ...names: readonly (keyof GlobalOptions)[]): () => GlobalOptions {
  for (const name of names) command.addOption(OPTIONS[name]);
  return () => {
    const own = Object.fromEntries(names.map((name) => [name, command.getOptionValue(name) as unknown]));
    const { json = false, config }: Partial<GlobalOptions> = { ...own, ...command.parent?.optsWithGlobals() };
    return { json, config };
  };
}
