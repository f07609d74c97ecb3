import type { Decidable } from "../access/decision-links.ts";
import type { Notification } from "../connector/connector.ts";
import type { IntegrationRow, NotificationRow } from "../store/tables.ts";

/** What is said, whoever is told and through whatever. */
export interface Notice extends Pick<Notification, "message" | "title" | "urgency" | "thread" | "event"> {
  /** To a page of the hub, for owners only. It is signed when it is sent, so that none is kept. */
  readonly link?: SignedLink;
}

export interface SignedLink {
  readonly label: string;
  readonly kind: Decidable;
  readonly id: string;
  readonly expiresAt: string;
  /** Whether the message holds all that the page shows, so that it can be decided without it. */
  readonly isToldWhole?: boolean;
}

/** Who says it. */
export interface Speaker {
  readonly actor: string;
  /** Absent where the hub itself speaks. */
  readonly profileId?: string;
  /** As people are shown it. */
  readonly name: string;
}

/** A message that is to be sent. Whether the speaker may is for whoever makes it to know. */
export interface NewMessage {
  /** The account it goes through. */
  readonly integration: IntegrationRow;
  readonly speaker: Speaker;
  readonly notice: Notice;
  /** What the same profile says again under it within a day is not said again. */
  readonly dedupeKey?: string;
}

/** What a notice is kept as beside its urgency: a `Notice` as JSON. */
export type Content = Omit<Notice, "urgency">;

export function readContent({ content }: Pick<NotificationRow, "content">): Content {
  return JSON.parse(content) as Content;
}
