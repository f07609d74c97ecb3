import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ExportFormat, exportEntries } from "../../audit/export-entries.ts";
import { HubError } from "../../errors.ts";
import type { HubChoice } from "./global-options.ts";
import { printBytes } from "./output.ts";
import { withHub } from "./with-hub.ts";

export interface ExportOptions extends HubChoice {
  readonly format: ExportFormat;
  /** A file; stdout when absent. */
  readonly out: string | undefined;
}

/** Writes the whole ledger, however long it is, in constant memory. */
export function exportAudit({ format, out, ...choice }: ExportOptions): Promise<number> {
  return withHub(choice, async ({ audit, owner }) => {
    const pieces = exportEntries(audit.entries(owner.workspaceId), format);
    if (out === undefined) await printBytes(Readable.from(pieces, { objectMode: false }));
    else await writeFile(pieces, out);
    return 0;
  });
}

async function writeFile(pieces: AsyncIterable<string>, path: string): Promise<void> {
  try {
    await pipeline(pieces, createWriteStream(path, { mode: 0o600 }));
  } catch (cause) {
    throw new HubError("invalid_input", `The file ${path} can't be written.`, {
      hint: "Name a file in a folder that is there and may be written to.",
      cause,
    });
  }
}
