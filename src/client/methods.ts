import type * as z from "zod";
import type { Action } from "../actions/action.ts";
import type { Actions } from "../actions/all-actions.ts";
import type { CallOptions } from "./client-options.ts";
import type { Listing, Page } from "./listing.ts";

/** Every action as a method: its input and its answer are the action's own. */
export type Methods = {
  readonly [Noun in keyof Actions as CamelCase<Noun>]: {
    readonly [Verb in keyof Actions[Noun]]: MethodOf<Actions[Noun][Verb]>;
  };
};

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type MethodOf<Of> =
  Of extends Action<infer In, infer Out, infer Status> ? Method<z.input<In>, AnswerOf<z.output<Out>, Status>> : never;

type Method<Input, Answer> =
  Record<string, never> extends Input
    ? (input?: Input, options?: CallOptions) => Answer
    : (input: Input, options?: CallOptions) => Answer;

type AnswerOf<Output, Status> = Status extends 204
  ? Promise<void>
  : [Output] extends [Page<infer Row>]
    ? Listing<Row>
    : Promise<Output>;
