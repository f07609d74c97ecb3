import { hash } from "node:crypto";

/** SHA-256 of a value's canonical JSON, hex: equal values have equal digests, whatever the order of their keys. */
export function digest(value: unknown): string {
  return hash("sha256", JSON.stringify(sortKeys(value)) ?? "null");
}

// A copy, since `JSON.stringify` with a replacer takes twice as long on a large result.
function sortKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sortKeys(member)]),
  );
}
