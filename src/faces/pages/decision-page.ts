import type * as z from "zod";
import type { Scope } from "../../access/principal.ts";
import type { Action } from "../../actions/action.ts";
import type { Fields } from "./read-form.ts";

/** A page on which an owner decides. */
export interface DecisionPage {
  /** What to type instead. */
  readonly command: string;
  /** What whoever has the link may do. */
  readonly scopes: readonly Scope[];
  show(id: string, token: string, run: RunAction): Promise<Response>;
  /** Does what was chosen, and may answer with a page of its own; refuses what the page does not offer. */
  decide(id: string, fields: Fields, run: RunAction): Promise<unknown>;
}

/** Runs an action as the owner who followed a link. */
export type RunAction = <In extends z.ZodObject, Out extends z.ZodType>(
  action: Action<In, Out>,
  input: z.input<In>,
) => Promise<z.output<Out>>;
