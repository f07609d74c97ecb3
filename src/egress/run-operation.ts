import type * as z from "zod";
import type { Connector, Operation } from "#connector";
import { HubError, serviceError } from "../errors.ts";
import { unwrapError } from "./network-error.ts";
import type { Egress, Session, Target } from "./open-egress.ts";
import { untilAborted } from "./until-aborted.ts";

/** One operation with its parsed input, and the account it acts as. */
export interface OperationCall extends Omit<Target, "effect" | "credential"> {
  /** The operation's key in the connector. */
  readonly operation: string;
  /** Already parsed by the operation's `input`. */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Runs an operation and gives back its output, parsed and redacted. Whatever goes wrong becomes a `HubError` without a
 * secret in it.
 */
export async function runOperation(egress: Egress, call: OperationCall): Promise<unknown> {
  const { connector, input } = call;
  const operation = findOperation(connector, call.operation);
  const { effect, credential } = operation;
  const session = egress.session({ ...call, effect, ...(credential !== undefined && { credential }) });
  try {
    const answer = await untilAborted(() => operation.run(input, session.context), session.context.signal);
    return session.redactValue(parseOutput(connector, operation, answer));
  } catch (error) {
    throw explainFailure(error, connector, session);
  }
}

/** An operation by its key; `not_found` where the connector has none. */
export function findOperation({ name, operations }: Connector, key: string): Operation {
  const operation = Object.hasOwn(operations, key) ? operations[key] : undefined;
  if (!operation) {
    throw new HubError("not_found", `${name} has no operation ${key}.`);
  }
  return operation;
}

/** Names the first field that differs and what was expected there, never the value. */
function parseOutput({ name }: Connector, { output, effect }: Operation, answer: unknown): unknown {
  const parsed = output.safeParse(answer);
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".") || "the answer itself";
  throw new HubError("service_failed", `${name} answered in an unknown shape: ${field} ${describeIssue(issue)}.`, {
    hint:
      effect === "read"
        ? "The service may have changed: look for a newer version of its connector."
        : "It has most likely been done: look before you try again.",
    details: { isLikelyDone: effect !== "read" },
  });
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  return issue?.code === "invalid_type" ? `should be ${issue.expected}` : "does not fit";
}

/** Whatever went wrong in a session, as a `HubError` without a secret in it. */
export function explainFailure(error: unknown, connector: Connector, session: Session): HubError {
  return redactError(explainError(error, connector, session), session);
}

function explainError(error: unknown, connector: Connector, { context }: Session): HubError {
  if (context.signal.aborted) {
    return explainAbort(context.signal.reason, connector);
  }
  const chain = unwrapError(error);
  const ours = chain.find((link) => link instanceof HubError);
  if (ours instanceof HubError) {
    return ours;
  }
  const failure = connector.failure?.(error) ?? readStatus(error);
  return failure
    ? serviceError(connector.name, failure, error)
    : new HubError("internal", `The connector of ${connector.name} failed.`, { cause: error });
}

function explainAbort(reason: unknown, { name }: Connector): HubError {
  if (reason instanceof HubError) {
    return reason;
  }
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new HubError("timeout", `${name} took too long to answer.`, { hint: "Try again later." })
    : new HubError("cancelled", `The call to ${name} was cancelled.`);
}

/** What an error of an SDK that nobody described still tells: most carry the HTTP status. */
function readStatus(error: unknown): { readonly status: number } | undefined {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 600 ? { status } : undefined;
}

function redactError(error: HubError, { redact }: Session): HubError {
  const { code, message, hint, details, serviceWords, cause } = error;
  const safe = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === "string" ? redact(value) : value,
  ]);
  return new HubError(code, redact(message), {
    ...(hint !== undefined && { hint: redact(hint) }),
    ...(serviceWords !== undefined && { serviceWords: redact(serviceWords) }),
    details: Object.fromEntries(safe),
    ...(cause instanceof Error && { cause: redactCause(cause, redact) }),
  });
}

/** Keeps what finds a bug, and drops the request and answer that libraries hang on their errors. */
function redactCause({ name, message, stack }: Error, redact: (text: string) => string): Error {
  const cause = new Error(redact(message));
  cause.name = name;
  cause.stack = redact(stack ?? "");
  return cause;
}
