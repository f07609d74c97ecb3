import { Argument, type Command, Option } from "commander";
import type { Action } from "../../actions/action.ts";
import { asDocument } from "../../actions/page.ts";
import { type Field, fieldsOf } from "./fields.ts";
import { addGlobalOptions, type GlobalOptions } from "./global-options.ts";
import { lineWidth, print, printJson, printNote } from "./output.ts";
import { readInput, type Typed } from "./read-input.ts";
import { readStdin } from "./read-stdin.ts";
import { renderAnswer } from "./render.ts";
import { reachHub, type Run } from "./reach-hub.ts";
import { withProgress } from "./with-progress.ts";

/** Asks whoever sits at the terminal for what an action still needs. */
export type Complete = (input: object, run: Run) => Promise<object>;

/** Takes a command's exit code. */
export type Finish = (exitCode: number) => void;

export interface ActionCommand {
  readonly action: Action;
  readonly complete?: Complete | undefined;
  /** What the command does instead where this switch is given. */
  readonly instead?: {
    readonly name: string;
    readonly help: string;
    run(input: object, options: GlobalOptions): Promise<number>;
  };
  /** Whether the parent's name alone means this command, too. */
  readonly isDefault?: boolean;
}

/** Adds the command that runs an action: its help, its options and its answer all come from the action. */
export function addAction(parent: Command, verb: string, spec: ActionCommand, finish: Finish): void {
  const { action, complete, instead, isDefault = false } = spec;
  const fields = fieldsOf(action);
  const command = parent.command(verb, { isDefault }).description(action.summary);
  for (const field of fields) {
    if (field.positional) command.addArgument(toArgument(field));
    else command.addOption(toOption(field));
  }
  if (instead) command.option(`--${instead.name}`, instead.help);
  const readOptions = addGlobalOptions(command, "json", "test", "url", "key");

  command.action(async () => {
    const options = readOptions();
    const typed: Typed = Object.fromEntries(
      fields.map((field, index) => [
        field.key,
        field.positional ? command.processedArgs[index] : typedFor(command, field),
      ]),
    );
    const input = await readInput(action.input, fields, typed, readStdin);
    if (instead && command.getOptionValue(instead.name) === true) return finish(await instead.run(input, options));
    const { data, ...more } = await reachHub(options, async ({ run }) => {
      const completed = complete ? await complete(input, run) : input;
      return asDocument(action, await withProgress(run(action, completed as typeof input)));
    });
    if (options.json) printJson(data, more);
    else print(renderAnswer(action, data, lineWidth()));
    if (!options.json && more.next_cursor) printNote(`There are more: add --cursor ${more.next_cursor}`);
    finish(isNo(data) ? 1 : 0);
  });
}

function toArgument({ name, kind, required, help }: Field): Argument {
  const dots = kind === "list" ? "..." : "";
  return new Argument(required ? `<${name}${dots}>` : `[${name}${dots}]`, help);
}

function toOption({ flag, kind, placeholder, help }: Field): Option {
  if (kind === "switch") return new Option(flag, help);
  const option = new Option(`${flag} <${placeholder}>`, help);
  const isRepeatable = kind === "list" || kind === "pairs" || kind === "settings";
  return isRepeatable ? option.argParser((value, before?: string[]) => [...(before ?? []), value]) : option;
}

function typedFor(command: Command, field: Field): unknown {
  return command.getOptionValue(toOption(field).attributeName());
}

/** A check that found something wrong succeeds as a command, and must not as an exit code. */
function isNo(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === false;
}
