import { hash } from "node:crypto";

/** SHA-256 of a value's canonical JSON, hex: equal values have equal digests, whatever the order of their keys. */
export function digest(value: unknown): string {
  return hash("sha256", canonicalJson(value));
}

/** JSON without whitespace and with sorted keys; what JSON leaves out of an object is left out here, too. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (isObject(member) ? sortKeys(member) : member)) ?? "null";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
