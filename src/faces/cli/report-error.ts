import { redactTokens } from "../../egress/redact.ts";
import { HubError } from "../../errors.ts";
import { openLog } from "../../log.ts";
import { paintNote, printNote } from "./output.ts";
import { toPlain } from "./table.ts";

/** Says on stderr what went wrong and what to do about it, and returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const { code, message, hint, exitCode, serviceWords } = asHubError(error);
  const words = serviceWords === undefined ? undefined : redactTokens(serviceWords);
  if (json) {
    const facts = {
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(words !== undefined && { service_words: words }),
    };
    printNote(JSON.stringify({ error: facts }, undefined, 2));
    return exitCode;
  }
  printNote(`${paintNote("red", "✗")} ${toPlain(message)}`);
  if (words !== undefined) printNote(`  The service's own words: ${toPlain(words)}`);
  if (hint !== undefined) printNote(`  ${toPlain(hint)}`);
  return exitCode;
}

function asHubError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  openLog({ level: "error" }).error("Patchbay failed in a way it did not expect.", {}, error);
  return new HubError("internal", "Patchbay failed in a way it did not expect.", {
    hint: "The lines above say where.",
  });
}
