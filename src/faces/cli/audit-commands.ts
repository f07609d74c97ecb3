import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { EXPORT_FORMATS, type ExportFormat } from "../../audit/export-entries.ts";
import { HubError } from "../../errors.ts";
import type { Complete, Finish } from "./add-action.ts";
import { addGlobalOptions } from "./global-options.ts";

/** On a command line, an anchor is given by the file that it was kept in. */
export const readAnchorFile: Complete = async (input) => {
  if (!("anchor" in input) || typeof input.anchor !== "string") return input;
  try {
    return { ...input, anchor: await readFile(input.anchor, "utf8") };
  } catch (cause) {
    throw new HubError("invalid_input", `The file ${input.anchor} can't be read.`, {
      hint: 'Name the one into which "patchbay audit anchor --json" was written.',
      cause,
    });
  }
};

/** Adds what an action can't be, since its answer has no end that could be waited for. */
export function addAuditExport(audit: Command, finish: Finish): void {
  const command = audit
    .command("export")
    .description("Write the whole ledger, the oldest entry first.")
    .addOption(new Option("--format <format>", "how").choices(EXPORT_FORMATS).default("jsonl"))
    .option("--out <file>", "into this file rather than to stdout");
  const readOptions = addGlobalOptions(command, "json", "config", "test", "url", "key");
  command.action(async ({ format, out }: { format: ExportFormat; out?: string }) => {
    const { exportAudit } = await import("./export-audit.ts");
    finish(await exportAudit({ format, out, ...readOptions() }));
  });
}
