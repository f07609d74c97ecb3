import * as z from "zod";
import type { Effect } from "../connector/operation.ts";
import { loosenPath, PROXIED_METHODS, readTarget } from "../egress/proxied-target.ts";
import { HubError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { matchesGlob } from "./glob.ts";

const Pattern = z
  .string()
  .regex(
    /^(?:[a-z0-9_*]{1,64}|[A-Z*-]{1,20} [/*][!-~]{0,255})$/,
    "an operation's name, in which * stands for anything, e.g. create_issue or list_*; or a method and path for the proxy, e.g. GET /repos/*",
  );

const Name = z.string().regex(/^[a-z0-9_]{1,64}$/, "an operation's whole name, e.g. create_issue");

/**
 * Which operations of an integration a grant covers, and whether each runs at once or asks first.
 *
 * An operation is judged by the first list that matches it: `deny`, `ask`, `allow`. Without a match it is judged by its
 * effect (destructive asks, the rest is allowed), except that a grant with an `allow` list covers nothing else. What
 * passes the proxy is judged likewise, by patterns of a method and a path.
 */
export const Policy = z.strictObject({
  allow: z.array(Pattern).max(200).optional(),
  ask: z.array(Pattern).max(200).optional(),
  deny: z.array(Pattern).max(200).optional(),
  /** Operations that don't ask though they would, by their whole names. It opens nothing that is hidden or denied. */
  unasked: z.array(Name).max(200).optional(),
  /** Who decides about what asks: the owner, unless whoever sits at the agent's client is enough. */
  ask_whom: z.enum(["owner", "user"]).optional(),
});
export type Policy = z.infer<typeof Policy>;

/** `hidden` is what lies outside an allow list: the profile is not told that it exists. */
export type Decision = "allow" | "ask" | "deny" | "hidden";

export function decide(policy: Policy, operation: string, effect: Effect): Decision {
  const decision = judge(policy, operation, effect);
  return decision === "ask" && policy.unasked?.includes(operation) ? "allow" : decision;
}

function judge(policy: Policy, operation: string, effect: Effect): Decision {
  const isNamed = (pattern: string): boolean => matchesGlob(pattern, operation);
  if (policy.deny?.some(isNamed)) return "deny";
  if (policy.ask?.some(isNamed)) return "ask";
  if (policy.allow?.some(isNamed)) return "allow";
  if (policy.allow) return "hidden";
  return effect === "destructive" ? "ask" : "allow";
}

/** What is known of operations, by their names. */
export type Effects = Readonly<Record<string, { readonly effect: Effect }>>;

/**
 * A policy that covers the named operations too; with `only`, no others of those it covered.
 *
 * What was hidden comes in as its effect says, so a destructive operation asks. What is denied stays denied, and nothing
 * that is not named gets any freer.
 */
export function coverOperations(policy: Policy, names: readonly string[], effects: Effects, only = false): Policy {
  const judged = names.flatMap((name) => {
    const effect = effects[name]?.effect;
    return effect ? [{ name, effect, decision: judge(policy, name, effect) }] : [];
  });
  const added = judged.filter(({ decision }) => decision === "hidden" || (only && decision !== "deny"));
  if (added.length === 0 && !only) return policy;
  const asks = ({ effect, decision }: (typeof judged)[number]): boolean =>
    decision === "ask" || (decision === "hidden" && effect === "destructive");
  const { allow = [], ask = [], ...rest } = policy;
  const allowed = [...(only ? [] : allow), ...added.filter((one) => !asks(one)).map(({ name }) => name)];
  const asked = [...(only ? [] : ask), ...added.filter(asks).map(({ name }) => name)];
  return { ...rest, allow: allowed, ...(asked.length > 0 && { ask: asked }) };
}

/** A call through the proxy: its method, where HEAD counts as GET, and its path as `readTarget` gives it. */
export interface Proxied {
  readonly method: string;
  readonly path: string;
}

/**
 * Judges a call through the proxy.
 *
 * What restricts is read generously and what permits to the letter: a service may take `/Repos/acme/` for `/repos/acme`.
 * Where the policy denies operations or makes them ask, a call that it does not name asks: it might do the same.
 */
export function decideProxied(policy: Policy, { method, path }: Proxied, effect: Effect): Decision {
  const call = { method, path, readings: loosenPath(path) };
  const isMeant = (pattern: string): boolean => isProxyPattern(pattern) && restricts(pattern, call);
  const isNamed = (pattern: string): boolean => isProxyPattern(pattern) && permits(pattern, call);
  if (policy.deny?.some(isMeant)) return "deny";
  if (policy.ask?.some(isNamed)) return "ask";
  const asks = policy.ask?.some(isMeant) === true;
  if (policy.allow?.some(isNamed)) return asks ? "ask" : "allow";
  if (policy.allow) return "hidden";
  const isNarrowed = [...(policy.deny ?? []), ...(policy.ask ?? [])].some((pattern) => !isProxyPattern(pattern));
  return asks || isNarrowed || effect === "destructive" ? "ask" : "allow";
}

/** A star alone stands for everything, calls through the proxy included. */
function isProxyPattern(pattern: string): boolean {
  return pattern.includes(" ") || pattern === "*";
}

interface ReadProxied extends Proxied {
  /** The path as a lenient service may read it. */
  readonly readings: readonly string[];
}

function restricts(pattern: string, { method, path, readings }: ReadProxied): boolean {
  const [verb, place] = splitPattern(pattern);
  if (!matchesGlob(verb, method)) return false;
  return matchesGlob(place, path) || readings.some((reading) => matchesLoosely(place, reading));
}

function permits(pattern: string, { method, path, readings }: ReadProxied): boolean {
  const [verb, place] = splitPattern(pattern);
  if (!matchesGlob(verb, method)) return false;
  return matchesGlob(place, path) && readings.every((reading) => matchesLoosely(place, reading));
}

function matchesLoosely(place: string, reading: string): boolean {
  return loosenPath(place).some((loose) => matchesGlob(loose, reading));
}

function splitPattern(pattern: string): [string, string] {
  const [verb = "*", place = "*"] = pattern.split(" ");
  return [verb, place];
}

/** Refuses a policy with a pattern that can match nothing of the integration's, naming the nearest that would. */
export function checkPolicy(policy: Policy, service: string, operations: readonly string[]): void {
  const { allow = [], ask = [], deny = [], unasked = [] } = policy;
  for (const pattern of [...allow, ...ask, ...deny, ...unasked]) {
    if (pattern.includes(" ")) checkProxyPattern(pattern);
    else checkOperationPattern(pattern, service, operations);
  }
}

function checkOperationPattern(pattern: string, service: string, operations: readonly string[]): void {
  if (operations.some((operation) => matchesGlob(pattern, operation))) return;
  throw new HubError("invalid_input", `No operation of ${service} matches "${pattern}".`, {
    hint: `The nearest are ${nearest(pattern, operations).join(", ")}.`,
  });
}

const JUDGED_METHODS = Object.keys(PROXIED_METHODS).filter((method) => method !== "HEAD");

function checkProxyPattern(pattern: string): void {
  const [verb, place] = splitPattern(pattern);
  if (!JUDGED_METHODS.some((method) => matchesGlob(verb, method))) {
    const near = nearest(verb, JUDGED_METHODS).join(", ");
    throw new HubError("invalid_input", `No method that the proxy tells apart matches "${verb}".`, {
      hint: verb === "HEAD" ? "HEAD counts as GET." : `The nearest are ${near}.`,
    });
  }
  const { path, query } = readTarget(place.startsWith("*") ? `/${place}` : place);
  if (query !== "" || !path.endsWith(place)) {
    throw new HubError("invalid_input", `No path matches "${place}" as it is written.`, {
      hint: `Paths are judged without their queries: write it as "${path}".`,
    });
  }
}
