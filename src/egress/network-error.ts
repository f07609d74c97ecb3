import { HubError } from "../errors.ts";

/** Libraries that wrap an error keep the original under one of these names. */
const WRAPPERS = ["cause", "original", "error"];
const MAX_DEPTH = 8;

/** What never got as far as the service. */
const UNREACHED = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** An error and what it wraps, outermost first. */
export function unwrapError(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let next = error; isRecord(next) && chain.length < MAX_DEPTH && !chain.includes(next);) {
    chain.push(next);
    const record: Readonly<Record<string, unknown>> = next;
    next = WRAPPERS.map((name) => record[name]).find(isRecord);
  }
  return chain;
}

/** Turns what a socket or a resolver threw into the hub's error, which names the host. */
export function networkError(error: unknown, host: string): unknown {
  const chain = unwrapError(error);
  const ours = chain.find((link) => link instanceof HubError);
  if (ours) {
    return ours;
  }
  const code = chain.map(readCode).find((found) => found !== undefined);
  const said = code === undefined ? "" : `: ${code}`;
  return code !== undefined && UNREACHED.has(code)
    ? new HubError("unavailable", `${host} could not be reached${said}.`, {
        hint: "Check the address, then try again.",
      })
    : new HubError("service_failed", `The connection to ${host} broke${said}.`, { hint: "Try again later." });
}

function readCode(error: unknown): string | undefined {
  return isRecord(error) && typeof error["code"] === "string" ? error["code"] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
