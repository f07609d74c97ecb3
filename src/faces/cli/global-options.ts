import { type Command, Option } from "commander";
import { HubError } from "../../errors.ts";

/** What any command can be told. */
export interface GlobalOptions {
  /** Whether a program reads the answer. */
  readonly json: boolean;
  /** The config file that was named. */
  readonly config: string | undefined;
  /** Whether it is about the test world. */
  readonly test: boolean;
  /** The hub elsewhere that was named. */
  readonly url: string | undefined;
  /** A key of that hub, or `-` where stdin has it. */
  readonly key: string | undefined;
}

/** What decides which hub a command is about, and which of its worlds. */
export type HubChoice = Pick<GlobalOptions, "config" | "test" | "url" | "key">;

const OPTIONS = {
  json: new Option("--json", 'print one {"data": …} document, and errors as {"error": …} on stderr'),
  config: new Option("--config <file>", "read this config file rather than mcp.config.json"),
  test: new Option("--test", "in the test world, where nothing reaches a service but its sandbox"),
  url: new Option("--url <url>", "ask the hub at this address rather than the one here (or PATCHBAY_URL)"),
  key: new Option("--key <key>", "a key of that hub (- reads it from stdin; or PATCHBAY_KEY, which no one else sees)"),
};

/** Refused by commands that don't know them, and why. */
const REFUSALS = {
  url: ["works on this machine only", "Run it where the hub is"],
  key: ["works on this machine only", "Run it where the hub is"],
  test: ["does the same for both worlds", "Run it"],
} as const;

const REFUSABLE = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[];

/**
 * Declares options that the commands above may have been given, too: they can stand before a command's name and after.
 *
 * What a command can't do where these say, it refuses rather than do it elsewhere.
 */
export function addGlobalOptions(command: Command, ...names: readonly (keyof GlobalOptions)[]): () => GlobalOptions {
  const refused = REFUSABLE.filter((name) => !names.includes(name));
  for (const name of names) command.addOption(OPTIONS[name]);
  for (const name of refused) command.addOption(new Option(OPTIONS[name].flags).hideHelp());
  return () => {
    const own = Object.fromEntries(
      [...names, ...refused].map((name) => [name, command.getOptionValue(name) as unknown]),
    );
    const given: Partial<GlobalOptions> = { ...own, ...command.parent?.optsWithGlobals() };
    const { json = false, config, test = false, url, key } = given;
    const wrong = refused.find((name) => given[name] !== undefined);
    if (wrong !== undefined) throw refusal(nameOf(command), wrong);
    return { json, config, test, url, key };
  };
}

/** As it is typed after the program's own name. */
function nameOf(command: Command): string {
  return command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

function refusal(command: string, option: keyof typeof REFUSALS): HubError {
  const [fact, advice] = REFUSALS[option];
  return new HubError("invalid_input", `"patchbay ${command}" ${fact}, and takes no --${option}.`, {
    hint: `${advice}, without --${option}.`,
  });
}
