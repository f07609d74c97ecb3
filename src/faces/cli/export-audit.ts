import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ExportFormat, exportEntries } from "../../audit/export-entries.ts";
import { readFailure } from "../../client/read-answer.ts";
import { HubError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { printBytes, printJson } from "./output.ts";
import { reachHub, type Reached } from "./reach-hub.ts";

export interface ExportOptions extends GlobalOptions {
  readonly format: ExportFormat;
  /** A file; stdout when absent. */
  readonly out: string | undefined;
}

/** Writes the whole ledger, however long it is, in constant memory. On stdout it is the ledger itself, also with `--json`. */
export function exportAudit({ format, out, ...options }: ExportOptions): Promise<number> {
  return reachHub(options, async (reached) => {
    const pieces = await openExport(reached, format);
    if (out === undefined) await printBytes(pieces);
    else await writeFile(pieces, out);
    if (out !== undefined && options.json) printJson({ file: resolve(out), format });
    return 0;
  });
}

async function openExport({ hub, remote, signal }: Reached, format: ExportFormat): Promise<Readable> {
  if (hub) return Readable.from(exportEntries(hub.audit.entries(hub.owner.workspaceId), format), { objectMode: false });
  const answer = await remote.open(`/audit/export?format=${format}`, "/audit/export", { signal });
  if (!answer.ok || !answer.body) throw await readFailure(answer, remote.url);
  return Readable.fromWeb(answer.body);
}

async function writeFile(pieces: Readable, path: string): Promise<void> {
  try {
    await pipeline(pieces, createWriteStream(path, { mode: 0o600 }));
  } catch (cause) {
    throw new HubError("invalid_input", `The file ${path} can't be written.`, {
      hint: "Name a file in a folder that is there and may be written to.",
      cause,
    });
  }
}
