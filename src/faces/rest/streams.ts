import { EXPORT_FORMATS } from "../../audit/export-entries.ts";
import type { Scope } from "../../access/principal.ts";
import { PROXIED_METHODS } from "../../egress/proxied-target.ts";
import { EXPORT_TYPES } from "../http/audit-export.ts";
import type { ApiOperation, ApiParameter, ApiResponse } from "./openapi.ts";

/** A route that is no action, since bodies pass through it as they come: served elsewhere, and described here. */
export interface Stream extends Pick<ApiOperation, "summary" | "requestBody"> {
  /** E.g. `audit_export`. */
  readonly name: string;
  readonly noun: string;
  readonly method: string;
  /** Below `/v1`. */
  readonly path: string;
  readonly scope: Scope;
  /** Which keys may. */
  readonly whose: string;
  readonly parameters: readonly ApiParameter[];
  readonly success: Readonly<Record<string, ApiResponse>>;
}

const text = { type: "string" } as const;
const anything = { "*/*": { schema: {} } };

const auditExport: Stream = {
  name: "audit_export",
  noun: "audit",
  method: "GET",
  path: "/audit/export",
  scope: "audit:read",
  whose: "Keys of the owner only.",
  summary: "Export the whole ledger, the oldest entry first, as a file that is sent while it is read.",
  parameters: [
    {
      name: "format",
      in: "query",
      required: false,
      description: "One JSON object a line, or a table",
      schema: { ...text, enum: [...EXPORT_FORMATS], default: "jsonl" },
    },
  ],
  success: {
    "200": {
      description: "The ledger.",
      content: Object.fromEntries(Object.values(EXPORT_TYPES).map((type) => [type, { schema: text }])),
    },
  },
};

const messageStream: Stream = {
  name: "messages_stream",
  noun: "messages",
  method: "GET",
  path: "/messages/stream",
  scope: "messages:read",
  whose: "A profile's key hears what that profile hears; an owner's may name one.",
  summary: "Hear messages as they come, as Server-Sent Events of the kind message.",
  parameters: [
    { name: "profile", in: "query", required: false, description: "Whose; all when absent", schema: text },
    {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: "The id of the last message that was dealt with: it and all before are not sent again",
      schema: text,
    },
  ],
  success: {
    "200": { description: "Messages, without end.", content: { "text/event-stream": { schema: text } } },
  },
};

const proxied: Omit<Stream, "name" | "method" | "requestBody"> = {
  noun: "proxy",
  path: "/proxy/{integration}/{path}",
  scope: "proxy",
  whose: "A profile's key acts as that profile; an owner's names one. PROPFIND and its like pass, too.",
  summary: "Call a service's own API with its credential.",
  parameters: [
    {
      name: "integration",
      in: "path",
      required: true,
      description: "An id (int_…), a service, or service:label",
      schema: text,
    },
    {
      name: "path",
      in: "path",
      required: true,
      description: "Of the service's API, with its slashes; its query follows as it is",
      schema: text,
    },
    {
      name: "Patchbay-Profile",
      in: "header",
      required: false,
      description: "As which profile, where the key is an owner's",
      schema: text,
    },
  ],
  success: {
    "200": {
      description: "What the service answered, with its own status and the header Patchbay-Integration.",
      content: anything,
    },
    "202": {
      description: "An owner must approve it; made again after that, it passes.",
      content: {
        "application/json": {
          schema: {
            type: "object",
            properties: {
              data: {
                type: "object",
                properties: {
                  status: { ...text, enum: ["approval_pending"] },
                  approval: text,
                  url: { ...text, description: "Where an owner can decide" },
                  expires_at: text,
                },
                required: ["status", "approval", "url", "expires_at"],
              },
            },
            required: ["data"],
          },
        },
      },
    },
  },
};

/** The methods that a description can hold; those of WebDAV pass the proxy, too. */
const DESCRIBABLE = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]);

/** Every route that is no action. */
export const STREAMS: readonly Stream[] = [
  auditExport,
  messageStream,
  ...Object.entries(PROXIED_METHODS)
    .filter(([method]) => DESCRIBABLE.has(method))
    .map(([method, effect]) => ({
      ...proxied,
      name: `proxy_${method.toLowerCase()}`,
      method,
      ...(effect !== "read" && { requestBody: { required: false, content: anything } }),
    })),
];
