import type { CallContext } from "./operation.ts";
import type { Signature } from "./signature.ts";

/** Something that a service says, by webhook or otherwise. */
export interface InboundRequest {
  /** A JSON body or the fields of a form. */
  readonly body: unknown;
  /** By lower-case name; none where it did not come by webhook. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose account it is that hears. */
export interface Hearer {
  readonly id: string | null;
  /** What `verify` told of the account, e.g. `@acme_bot`. */
  readonly name: string;
}

/** One thing that happened at a service. */
export interface InboundEvent {
  /** The same however often it is told; absent where the service gives none. */
  readonly id?: string;
  /** In the service's own words, e.g. `issue_comment.created`. */
  readonly type: string;
  readonly message?: Said;
  readonly press?: Press;
  /** A room that has another name from now on. */
  readonly renamed?: { readonly from: string; readonly to: string };
}

/** What a person says to a bot or writes where it listens. */
export interface Said {
  readonly text: string;
  readonly person: { readonly id: string; readonly name?: string };
  /** The room it was said in, as the service names it: a channel, a chat, a repository. */
  readonly chat: string;
  /** Where an answer goes, which may be the room itself. */
  readonly thread: string;
  /** Whether it was said inside a thread rather than in the room. */
  readonly isInThread: boolean;
  /** Whether it is for the bot: said to it alone, or mentioning it. */
  readonly isAddressed: boolean;
  /** ISO 8601 in UTC. */
  readonly at?: string;
}

/** A person's press of a button below a message of the hub's. */
export interface Press {
  /** What the button was given. */
  readonly data: string;
  readonly person: { readonly id: string; readonly name?: string };
  /** The room of the message, by each of the names that a setting may have for it. */
  readonly rooms: readonly string[];
  /** The message with the button. */
  readonly text: string;
  /** The input of `Inbound.edit` for it, without its text. */
  readonly message: Readonly<Record<string, unknown>>;
}

export interface WebhookAnswer {
  readonly status: number;
  /** Sent as JSON; nothing where absent. */
  readonly body?: unknown;
}

/** How a service tells the hub what happens there. */
export interface Inbound {
  /** How its webhooks are checked before anything in them is read. */
  readonly signature: Signature;
  /** How a webhook is answered that wants more than a status: one that asks whether anyone is there, or shows the answer. */
  answer?(request: InboundRequest): WebhookAnswer | undefined;
  /** What a webhook or an update tells. It was sent by the service; its shape is still anyone's guess. */
  read(request: InboundRequest, hearer: Hearer): readonly InboundEvent[];
  /** Whether the owner has switched it off that the hub listens, as where another program does. */
  isOff?(config: Readonly<Record<string, unknown>>): boolean;
  /** Asks for what is new, where the service does not call. */
  readonly poll?: Poll;
  /** A connection by which the service tells what is new, where the owner gave the credential for it. */
  readonly socket?: Socket;
  /** Tells the service where to send webhooks, where it is told by its API. */
  readonly webhook?: WebhookSetup;
  /** The operation that replaces a message's text, and takes its buttons away. */
  readonly edit?: string;
  /** Makes an address that, opened by a person, sends the bot a code by one tap. */
  readonly pairing?: Pairing;
}

export interface Poll {
  /**
   * Waits up to some seconds for what comes after `position`, which is where the last one ended. Absent, it begins with the
   * oldest that the service has kept.
   */
  next(context: CallContext, position: string | undefined): Promise<Polled>;
}

export interface Polled {
  readonly updates: readonly unknown[];
  readonly position: string | undefined;
}

export interface Socket {
  /** The credential field without which there is no such connection. */
  readonly credential: string;
  /** Hosts that it may lead to, with what is below them. */
  readonly hosts: readonly string[];
  /** Gives the address of a new connection. */
  open(context: CallContext): Promise<string>;
  read(frame: unknown): Frame;
}

export interface Frame {
  /** What `Inbound.read` reads. */
  readonly update?: unknown;
  /** Sent back once the update is stored. */
  readonly receipt?: unknown;
  /** Whether the service is about to close the connection. */
  readonly isLast?: boolean;
}

export interface WebhookSetup {
  set(context: CallContext, url: string, secret: string): Promise<unknown>;
  clear(context: CallContext): Promise<unknown>;
}

export interface Pairing {
  /** A reading operation without input that says who the bot is. */
  readonly operation: string;
  url(answer: unknown, code: string): string | undefined;
}
