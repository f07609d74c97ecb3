import type { Generated } from "kysely";
import type { InboundTables } from "./inbound-tables.ts";

/** The tables as their rows are read and written. Times are ISO-8601 UTC, JSON is text, truth is 0 or 1. */
export interface Tables extends InboundTables {
  workspaces: WorkspaceRow;
  profiles: ProfileRow;
  keys: KeyRow;
  integrations: IntegrationRow;
  credentials: CredentialRow;
  oauth_apps: OauthAppRow;
  oauth_flows: OauthFlowRow;
  token_leases: TokenLeaseRow;
  data_keys: DataKeyRow;
  grants: GrantRow;
  requests: RequestRow;
  approvals: ApprovalRow;
  audit_entries: AuditEntryRow;
  audit_heads: AuditHeadRow;
  pages: PageRow;
  answers: AnswerRow;
  notifications: NotificationRow;
  notification_paces: NotificationPaceRow;
  settings: SettingRow;
  changes: ChangeRow;
  leases: LeaseRow;
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
  /** The webhook account by which the agent's runtime is told of messages. */
  runtime_integration_id: string | null;
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
  /** As the service calls it, e.g. `@acme_bot`. */
  account_name: string | null;
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

/** The owner's own OAuth app at a service. */
export interface OauthAppRow {
  id: string;
  workspace_id: string;
  service: string;
  client_id: string;
  /** Null for a public client. */
  sealed_secret: string | null;
  /** Where the app is registered elsewhere than the connector says, as with GitHub Enterprise. */
  authorize_url: string | null;
  token_url: string | null;
  revoke_url: string | null;
  created_at: string;
  updated_at: string;
}

/**
 * `exchanging` from the callback until the service has answered it; `authorized` until an owner confirms.
 *
 * One whose time has passed is over, whatever its status says, unless that is `connected` or `failed`.
 */
export type OauthFlowStatus = "pending" | "exchanging" | "authorized" | "connected" | "failed";

/** One attempt to connect an account by OAuth. */
export interface OauthFlowRow {
  id: string;
  workspace_id: string;
  service: string;
  /** Who began it: a key's id, or `cli`. */
  actor: string;
  /** The profile it is for, which is then granted the integration. */
  profile_id: string | null;
  /** The integration that it reconnects or gives more scopes, or that it made. */
  integration_id: string | null;
  /** SHA-256 of the state, hex: whoever reads the database can't answer in the service's place. */
  state_hash: string;
  /** The PKCE verifier; null where the service has no PKCE. */
  sealed_verifier: string | null;
  redirect_uri: string;
  /** JSON list of the scopes asked for. */
  scopes: string;
  /** JSON of the label, base URL and settings that the integration is to have. */
  settings: string;
  status: OauthFlowStatus;
  /** Why it failed, in one sentence. */
  reason: string | null;
  /** JSON of the account that the tokens belong to. */
  account: string | null;
  /** Until the flow is confirmed. */
  sealed_tokens: string | null;
  /** SHA-256 of the confirm page's token and its browser's cookie, hex. */
  confirm_hash: string | null;
  created_at: string;
  expires_at: string;
}

/**
 * Who may refresh an integration's tokens, one at a time.
 *
 * Each holder gets a higher fence than the one before, and what a holder with a lower fence than `written` got is not
 * stored: it is older than what is there.
 */
export interface TokenLeaseRow {
  integration_id: string;
  workspace_id: string;
  /** The last that was handed out. */
  fence: number;
  /** That of the tokens in the store. */
  written: number;
  /** Null when nobody holds it; in the past when the holder died. */
  held_until: string | null;
  /** How often in a row the service did not answer. */
  failures: number;
  /** Not before this. */
  retry_at: string | null;
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
  /** JSON of a `Policy`: lists of operation patterns such as `create_issue` or `list_*`. */
  policy: string;
  /** JSON list of the environment variables that child processes may be given. */
  env: string;
  created_at: string;
  updated_at: string;
}

export interface RequestRow {
  id: string;
  workspace_id: string;
  profile_id: string;
  service: string;
  reason: string;
  /** JSON list of the operations that are wanted; null for the whole service. */
  operations: string | null;
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
  /** What is shown to whoever decides: the arguments as JSON, redacted, and cut where they are very long. */
  arguments_preview: string;
  status: ApprovalStatus;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
  /** When the call was made again that it let run, or that was told of the denial. */
  used_at: string | null;
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

/** What a request with an `Idempotency-Key` was answered, for when it is sent again. */
export interface AnswerRow {
  workspace_id: string;
  /** The id of the key that sent it: each has idempotency keys of its own. */
  actor: string;
  idempotency_key: string;
  /** Digest of the route and the input, keyed so that it can't be guessed from. */
  request: string;
  /** HTTP status; null until it is answered. */
  status: number | null;
  /** JSON; null where nothing is sent. */
  body: string | null;
  expires_at: string;
}

/** `accepted` until it has been delivered, or given up. */
export type NotificationStatus = "accepted" | "delivered" | "dead";

export type Urgency = "low" | "normal" | "high";

/** A message to a person, kept from the commit of what caused it until long after it was delivered. */
export interface NotificationRow {
  /** `dlv_…`: the same on every attempt. */
  id: string;
  workspace_id: string;
  /** Whose message it is; null for the hub's own. */
  profile_id: string | null;
  /** The account that it goes through. */
  integration_id: string;
  /** Who caused it: a key's id, `cli`, `stdio` or `hub`. */
  actor: string;
  /** The name under which people are shown it. */
  speaker: string;
  /** JSON of a `Content`. */
  content: string;
  urgency: Urgency;
  /** The same key of the same profile within a day is the same message. */
  dedupe_key: string | null;
  status: NotificationStatus;
  /** How often it was tried to the end. */
  attempts: number;
  /** How often it was claimed: what an earlier claim has to say counts no more. */
  fence: number;
  /**
   * When it is to be tried. Whoever tries it moves this to the end of its lease, so that another one takes over from a holder
   * that died. Once it is delivered or dead, when that was.
   */
  due_at: string;
  /** Whether it waited for quiet hours or its turn, and may be told together with others that did. */
  deferred: Truth;
  /** The notification in which it is told. */
  digest_id: string | null;
  /** Why it was not delivered the last time, in one sentence without secrets. */
  reason: string | null;
  created_at: string;
  delivered_at: string | null;
}

/** When the last notifications of one lane of an account were, or are, to go out. */
export interface NotificationPaceRow {
  integration_id: string;
  /** Whose, and of what kind: none delays those of another. */
  lane: string;
  workspace_id: string;
  /** JSON list of moments in milliseconds, the earliest first, at most as many as may go out in a minute. */
  slots: string;
}

export interface SettingRow {
  workspace_id: string;
  name: string;
  /** JSON. */
  value: string;
}

/** `access` where what a profile may call has changed, `messages` where there are new ones for it. */
export type ChangeTopic = "access" | "messages";

/** A note to every process that something has changed for a profile, or for all of a workspace. */
export interface ChangeRow {
  seq: Generated<number>;
  workspace_id: string;
  profile_id: string | null;
  topic: Generated<ChangeTopic>;
  at: string;
}

/** Who may do something that one process does at a time. Each holder gets a higher fence than the one before. */
export interface LeaseRow {
  name: string;
  fence: number;
  /** Null when nobody holds it; in the past when the holder died. */
  held_until: string | null;
}
