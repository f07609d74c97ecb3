import * as z from "zod";
import type { DecisionLinks } from "../access/decision-links.ts";
import type { Ledger } from "../access/grants.ts";
import { type Principal, requireScope, type Scope } from "../access/principal.ts";
import type { Calls } from "../call/open-calls.ts";
import type { Effect, Method } from "../connector/operation.ts";
import type { RequestLine } from "../connector/request-line.ts";
import { HubError } from "../errors.ts";
import type { Inbound } from "../inbound/open-inbound.ts";
import type { CredentialsOf } from "../integrations/credentials.ts";
import type { OauthParts } from "../integrations/oauth-flows.ts";
import type { OpenCredentials } from "../integrations/open-credentials.ts";
import type { Outbox } from "../notify/open-outbox.ts";
import type { OwnerNotices } from "../notify/owner-notices.ts";

/** What actions are run with: the hub's features and who is asking. */
export interface ActionContext extends OauthParts, Ledger {
  readonly calls: Calls;
  readonly notices: OwnerNotices;
  readonly inbound: Inbound;
  readonly outbox: Outbox;
  /** Addresses of the pages on which owners decide. */
  readonly links: DecisionLinks;
  readonly credentialsOf: CredentialsOf;
  readonly lend: OpenCredentials["lend"];
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** One thing an operator can do to the hub. Every face is rendered from it: its input, its help, its answer. */
export interface Action<
  In extends z.ZodObject = z.ZodObject,
  Out extends z.ZodType = z.ZodType,
  Status extends 201 | 204 = 201 | 204,
> {
  /** A sentence; the face's help. */
  readonly summary: string;
  readonly effect: Effect;
  readonly scope: Scope;
  /** Whether a profile's key may do it, too, which then reaches only what is that profile's. */
  readonly who: "owner" | "anyone";
  /** Method and path below `/v1`. */
  readonly route: `${Method} /${string}`;
  /** HTTP status of its success; 200 when absent. With 204 the answer is not sent. */
  readonly status?: Status;
  /** Inputs that a command line takes by position, in order. The others are options. */
  readonly positional?: readonly (keyof z.output<In> & string)[];
  /** What a command line calls a truth's yes and no, e.g. `--on` and `--off`. */
  readonly switches?: Readonly<Record<string, readonly [yes: string, no: string]>>;
  /** Which fields of a list's rows a table shows; all when absent. */
  readonly columns?: readonly string[];
  /** Fields of the answer that are told this once and kept nowhere. */
  readonly shownOnce?: readonly string[];
  /** Whether an answer says that nothing was done yet: a repeated request is then run anew rather than given it again. */
  isProvisional?(answer: z.output<Out>): boolean;
  readonly input: In;
  readonly output: Out;
  // A method, so that any action fits a record of actions.
  run(input: z.output<In>, context: ActionContext): Promise<z.input<Out>>;
}

interface ActionSpec<
  In extends z.ZodObject,
  Out extends z.ZodType,
  Path extends string,
  Status extends 201 | 204,
> extends Omit<Action<In, Out, Status>, "route"> {
  readonly route: RequestLine<In, Path>;
}

/** Checks at compile time that each parameter of the route is one of the inputs. */
export function action<
  In extends z.ZodObject,
  Out extends z.ZodType,
  const Path extends `/${string}`,
  Status extends 201 | 204 = 201,
>(spec: ActionSpec<In, Out, Path, Status>): Action<In, Out, Status> {
  return spec;
}

/** Refuses whoever may not do this, whatever the input. */
export function authorize({ who, scope }: Pick<Action, "who" | "scope">, principal: Principal): void {
  if (who === "owner" && principal.profileId !== null) {
    throw new HubError("not_granted", "A profile's key can't do this.", { hint: "Use a key of the owner." });
  }
  requireScope(principal, scope);
}
