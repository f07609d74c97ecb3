import * as z from "zod";
import type { Effect } from "../connector/operation.ts";
import { HubError } from "../errors.ts";
import { nearest } from "../nearest.ts";

const Pattern = z
  .string()
  .regex(/^[a-z0-9_*]{1,64}$/, "an operation's name, in which * stands for anything, e.g. create_issue or list_*");

/**
 * Which operations of an integration a grant covers, and whether each runs at once or asks first.
 *
 * An operation is judged by the first list that matches it: `deny`, `ask`, `allow`. Without a match it is judged by its
 * effect (destructive asks, the rest is allowed), except that a grant with an `allow` list covers nothing else.
 */
export const Policy = z.strictObject({
  allow: z.array(Pattern).max(200).optional(),
  ask: z.array(Pattern).max(200).optional(),
  deny: z.array(Pattern).max(200).optional(),
});
export type Policy = z.infer<typeof Policy>;

/** `hidden` is an operation outside an allow list: the profile is not told that it exists. */
export type Decision = "allow" | "ask" | "deny" | "hidden";

export function decide(policy: Policy, operation: string, effect: Effect): Decision {
  if (matchesAny(policy.deny, operation)) return "deny";
  if (matchesAny(policy.ask, operation)) return "ask";
  if (matchesAny(policy.allow, operation)) return "allow";
  if (policy.allow) return "hidden";
  return effect === "destructive" ? "ask" : "allow";
}

/** Refuses a policy with a pattern that matches none of the integration's operations, naming the nearest ones. */
export function checkPolicy(policy: Policy, service: string, operations: readonly string[]): void {
  for (const pattern of [...(policy.allow ?? []), ...(policy.ask ?? []), ...(policy.deny ?? [])]) {
    if (operations.some((operation) => matches(pattern, operation))) continue;
    throw new HubError("invalid_input", `No operation of ${service} matches "${pattern}".`, {
      hint: `The nearest are ${nearest(pattern, operations).join(", ")}.`,
    });
  }
}

function matchesAny(patterns: readonly string[] | undefined, operation: string): boolean {
  return patterns?.some((pattern) => matches(pattern, operation)) ?? false;
}

function matches(pattern: string, operation: string): boolean {
  if (!pattern.includes("*")) return pattern === operation;
  return new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(operation);
}
