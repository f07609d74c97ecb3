import type { Generated } from "kysely";

/** The tables as their rows are read and written. Times are ISO-8601 UTC, JSON is text, truth is 0 or 1. */
export interface Tables {
  workspaces: WorkspaceRow;
  profiles: ProfileRow;
  keys: KeyRow;
  integrations: IntegrationRow;
  credentials: CredentialRow;
  data_keys: DataKeyRow;
  grants: GrantRow;
  requests: RequestRow;
  approvals: ApprovalRow;
  audit_entries: AuditEntryRow;
  audit_heads: AuditHeadRow;
  pages: PageRow;
  settings: SettingRow;
  changes: ChangeRow;
}

type Truth = 0 | 1;

/** A tenant. Keys of mode `test` live in a workspace of their own beside the live one of the same name. */
export interface WorkspaceRow {
  id: string;
  name: string;
  mode: "live" | "test";
  created_at: string;
}

export interface ProfileRow {
  id: string;
  workspace_id: string;
  name: string;
  /** JSON list of channels that `notify_user` may use, e.g. `["slack","telegram:int_…"]`; the first is the default. */
  notification_channels: string;
  created_at: string;
}

export interface KeyRow {
  id: string;
  workspace_id: string;
  /** Null for a key of the owner. */
  profile_id: string | null;
  /** SHA-256 of the whole token, hex. The token has 256 random bits, so a slow hash would add nothing. */
  hash: string;
  /** The token's last four characters, for people to tell keys apart. */
  ending: string;
  /** JSON list. */
  scopes: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

export type IntegrationStatus = "pending" | "configured" | "active" | "error" | "disconnected";

export interface IntegrationRow {
  id: string;
  workspace_id: string;
  /** The connector's id, e.g. `github`. */
  service: string;
  connector_version: string;
  /** Told apart by it where a workspace has several of one service. */
  label: string;
  account_id: string | null;
  status: IntegrationStatus;
  /** Why the status is `error`, in one sentence without secrets. */
  status_reason: string | null;
  /** Overrides the connector's base URL. */
  base_url: string | null;
  /** JSON object, valid by the connector's `config`. */
  config: string;
  connected_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface CredentialRow {
  integration_id: string;
  workspace_id: string;
  /** The credential field's name, e.g. `GITHUB_TOKEN`. */
  field: string;
  sealed: string;
  updated_at: string;
}

/** A key that seals credentials, itself wrapped by the master key. */
export interface DataKeyRow {
  id: string;
  wrapped: string;
  /** Which master key wrapped it: a digest that says nothing about the key. */
  master_id: string;
  created_at: string;
  /** Set once a newer one seals; it still opens what it sealed. */
  retired_at: string | null;
}

export interface GrantRow {
  profile_id: string;
  integration_id: string;
  workspace_id: string;
  /** The owner's switch. */
  enabled: Truth;
  /** The agent's own switch: it may do without for a while, and never switch on what the owner switched off. */
  paused: Truth;
  /** JSON `{ allow?, ask?, deny? }`, each a list of operation patterns such as `create_issue` or `list_*`. */
  policy: string;
  created_at: string;
  updated_at: string;
}

export interface RequestRow {
  id: string;
  workspace_id: string;
  profile_id: string;
  service: string;
  reason: string;
  status: "pending" | "approved" | "denied";
  /** What the owner said on denying. */
  answer: string | null;
  created_at: string;
  decided_at: string | null;
}

export type ApprovalStatus = "pending" | "approved" | "denied" | "used";

export interface ApprovalRow {
  id: string;
  workspace_id: string;
  profile_id: string;
  integration_id: string;
  /** E.g. `github.merge_pull_request`. */
  operation: string;
  /** SHA-256 of the canonical JSON of the parsed arguments, hex. */
  arguments_digest: string;
  /** What the owner is shown: the arguments as JSON, redacted and cut. */
  arguments_preview: string;
  status: ApprovalStatus;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
}

export interface AuditEntryRow {
  workspace_id: string;
  /** 1, 2, 3, … without gaps in each workspace. */
  seq: number;
  at: string;
  /** E.g. `call.intent`, `call.outcome`, `grant.set`. */
  action: string;
  /** Who did it: a key's id, `cli`, or `hub`. */
  actor: string;
  profile_id: string | null;
  integration_id: string | null;
  operation: string | null;
  /** JSON object of facts and digests, never values. */
  details: string;
  /** Hash of the entry before, empty for the first. */
  previous: string;
  /** SHA-256 over this entry's other fields and `previous`, hex. */
  hash: string;
}

/** The end of each workspace's chain; the row that writers lock. */
export interface AuditHeadRow {
  workspace_id: string;
  seq: number;
  hash: string;
}

/** A result too large to give at once, kept until it expires. */
export interface PageRow {
  id: string;
  workspace_id: string;
  profile_id: string;
  content: string;
  expires_at: string;
}

export interface SettingRow {
  workspace_id: string;
  name: string;
  /** JSON. */
  value: string;
}

/** A note to every process that what a profile (or all of a workspace) may call has changed. */
export interface ChangeRow {
  seq: Generated<number>;
  workspace_id: string;
  profile_id: string | null;
  at: string;
}
