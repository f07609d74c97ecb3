import { type ErrorCode, HubError } from "../../errors.ts";

/** What one check found. A warning is what may be meant to be so. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failure";
  readonly fact: string;
  /** How to mend it. */
  readonly fix?: string;
}

/** A fact; one that can be mended is a warning. */
interface Outcome<Value> {
  readonly fact: string;
  readonly fix?: string;
  /** What later checks go on with. */
  readonly value?: Value;
}

/** Runs a check, of which whatever it throws is a failure; `fixes` are better known here than where it was thrown. */
export async function check<Value = never>(
  name: string,
  run: () => Promise<Outcome<Value>> | Outcome<Value>,
  fixes: Partial<Record<ErrorCode, string>> = {},
): Promise<[Finding, Value | undefined]> {
  try {
    const { value, ...found } = await run();
    return [{ check: name, state: found.fix === undefined ? "ok" : "warning", ...found }, value];
  } catch (error) {
    const fact = error instanceof Error ? error.message : "It failed without a reason.";
    const hint = error instanceof HubError ? (fixes[error.code] ?? error.hint) : undefined;
    return [{ check: name, state: "failure", fact, ...(hint !== undefined && { fix: hint }) }, undefined];
  }
}
