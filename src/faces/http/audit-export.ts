import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EXPORT_FORMATS, exportEntries, type ExportFormat } from "../../audit/export-entries.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { RateLimits } from "../rest/rate-limits.ts";
import { admit } from "./admit.ts";

/** The media type of each format. */
export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  jsonl: "application/jsonl",
  csv: "text/csv; charset=utf-8",
};

/** Sends a workspace's whole ledger as it is read, no faster than the owner takes it. */
export async function serveAuditExport(
  hub: Hub,
  limits: RateLimits,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rule = { path: "/v1/audit/export", who: "owner", scope: "audit:read" } as const;
  const principal = await admit(hub, limits, request, response, rule);
  const format = readFormat(new URL(request.url ?? "/", "http://hub").searchParams);
  response.writeHead(200, {
    "content-type": EXPORT_TYPES[format],
    "content-disposition": `attachment; filename="audit.${format}"`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  const pieces = exportEntries(hub.audit.entries(principal.workspaceId), format);
  // Whoever stops reading, or reads too little, learns it by the connection.
  await pipeline(Readable.from(pieces), response).catch(() => response.destroy());
}

function readFormat(query: URLSearchParams): ExportFormat {
  const given = query.get("format") ?? "jsonl";
  const format = EXPORT_FORMATS.find((known) => known === given);
  if (format && [...query.keys()].every((name) => name === "format")) return format;
  throw new HubError("invalid_input", "The export takes one field, format: jsonl or csv.", {
    hint: "Ask for /v1/audit/export?format=csv.",
  });
}
