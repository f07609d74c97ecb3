import type * as z from "zod";
import type { Ledger } from "../access/grants.ts";
import type { Principal, Scope } from "../access/principal.ts";
import type { Calls } from "../call/open-calls.ts";
import type { Effect } from "../connector/operation.ts";
import type { ConnectParts } from "../integrations/connect.ts";

/** What actions are run with: the hub's features and who is asking. */
export interface ActionContext extends ConnectParts, Ledger {
  readonly calls: Calls;
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** One thing an operator can do to the hub. Every face is rendered from it: its input, its help, its answer. */
export interface Action<In extends z.ZodObject = z.ZodObject, Out extends z.ZodType = z.ZodType> {
  /** A sentence; the face's help. */
  readonly summary: string;
  readonly effect: Effect;
  readonly scope: Scope;
  /** Inputs that a command line takes by position, in order. The others are options. */
  readonly positional?: readonly (keyof z.output<In> & string)[];
  /** Which fields of a list's rows a table shows; all when absent. */
  readonly columns?: readonly string[];
  readonly input: In;
  readonly output: Out;
  // A method, so that any action fits a record of actions.
  run(input: z.output<In>, context: ActionContext): Promise<z.input<Out>>;
}

export function action<In extends z.ZodObject, Out extends z.ZodType>(spec: Action<In, Out>): Action<In, Out> {
  return spec;
}
