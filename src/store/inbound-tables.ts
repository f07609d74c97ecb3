import type { Generated } from "kysely";

/** The tables of what services tell and people say. */
export interface InboundTables {
  deliveries: DeliveryRow;
  messages: MessageRow;
  message_marks: MessageMarkRow;
  links: LinkRow;
  link_codes: LinkCodeRow;
  strangers: StrangerRow;
  listeners: ListenerRow;
}

/** An event that a service has told. The row is what makes a second telling of it be without effect. */
export interface DeliveryRow {
  integration_id: string;
  /** The service's own id of the event, or a digest of what was sent. */
  event: string;
  workspace_id: string;
  type: string;
  received_at: string;
}

/** What a person said to a profile. */
export interface MessageRow {
  /** In the order in which they were stored. */
  seq: Generated<number>;
  id: string;
  workspace_id: string;
  profile_id: string;
  integration_id: string;
  /** The room it was said in, as the connector names it. */
  chat: string;
  /** Where an answer goes, which may be the room itself. */
  thread: string;
  /** By which the service knows who spoke. */
  person_id: string;
  person_name: string | null;
  text: string;
  sent_at: string | null;
  received_at: string;
}

/** How far a profile has read. */
export interface MessageMarkRow {
  profile_id: string;
  workspace_id: string;
  seq: number;
}

/** Which profile hears what is said in a thread. */
export interface LinkRow {
  id: string;
  workspace_id: string;
  integration_id: string;
  /** A room or thread as the connector names it; empty for all of the account. */
  thread: string;
  profile_id: string;
  /** Who claimed it; null where the owner set it. */
  person_id: string | null;
  created_at: string;
}

/** A code by which a thread can be claimed once. */
export interface LinkCodeRow {
  /** SHA-256 of the code, hex. */
  hash: string;
  workspace_id: string;
  profile_id: string;
  integration_id: string;
  created_at: string;
  expires_at: string;
}

/** Someone who wrote where no profile hears. */
export interface StrangerRow {
  integration_id: string;
  person_id: string;
  workspace_id: string;
  /** When it was told that nobody hears; null where it was not. */
  told_at: string | null;
  /** Codes tried in vain since then. */
  guesses: number;
  guessing_since: string | null;
}

/** How far the hub has heard a service that it asks, or that it told where to send webhooks. */
export interface ListenerRow {
  integration_id: string;
  workspace_id: string;
  position: string | null;
  position_at: string | null;
  /** The address that the service was told. */
  webhook: string | null;
}
