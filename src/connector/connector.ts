import type * as z from "zod";
import type { HubError, ServiceFailure } from "../errors.ts";
import type { Auth } from "./auth.ts";
import type { Inbound } from "./inbound.ts";
import type { CallContext, Operation } from "./operation.ts";

/** What an agent tells a person, whatever the channel. */
export interface Notification {
  readonly message: string;
  readonly title?: string;
  readonly urgency: "low" | "normal" | "high";
  /** The same on every attempt. */
  readonly deliveryId: string;
  /** When the agent spoke, as ISO 8601 in UTC: a delivery may arrive hours later. */
  readonly createdAt: string;
  /** The name of the profile that speaks. */
  readonly profile: string;
  /** Where it is said, as the connector's `inbound` named the thread; where notifications go when absent. */
  readonly thread?: string;
  /** What a program is told in the place of words, where the channel is for programs. */
  readonly event?: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  /** What the reader can answer by a button, each with what it is to hold. */
  readonly choices?: readonly { readonly label: string; readonly data: string }[];
  /** Where the reader can act on it: a button where the channel has buttons. */
  readonly link?: { readonly label: string; readonly url: string };
}

/** The account that a credential belongs to, as its owner would recognise it. */
export interface Account {
  /** Absent where the service does not say; then only its label tells one account from another. */
  readonly id?: string;
  readonly label: string;
}

/** A part of a container image that agents using this connector's tools want, e.g. its command line client. */
export interface Layer {
  readonly name: string;
  /** Dockerfile instructions, one a line. */
  readonly dockerfile: readonly string[];
}

/** A language model that a service offers. */
export interface Model {
  /** What its API calls it, e.g. `gpt-5-mini`. */
  readonly id: string;
  readonly name?: string;
  /** How much it can take in at once, in tokens. */
  readonly contextTokens?: number;
}

/**
 * What is another where a service lets one try things without consequences: its address, or the look of its credentials,
 * or both. `auth` says how credentials of the sandbox look, and where its OAuth is.
 *
 * A sandbox at the address of the service itself is told by its credentials alone: those that are sent need a `pattern`
 * that no other credential of the service has, e.g. `/^sk_test_\w+$/`.
 */
export type Sandbox = Partial<Pick<Connector, "baseUrl" | "allowHosts" | "auth">> &
  (Required<Pick<Connector, "baseUrl">> | Pick<Connector, "auth">);

/** A service, described as data plus as few functions as possible: what the rest of the hub works with. */
export interface Connector {
  /** `[a-z0-9_]`, at most 16 characters; the name of its folder. */
  readonly id: string;
  readonly name: string;
  /** Semantic version of this description, not of the service. */
  readonly version: string;
  readonly category: string;
  readonly capabilities: readonly string[];
  /** Without a trailing slash; absent where each integration has its own, as with a webhook. */
  readonly baseUrl?: string;
  /** Hosts besides the base URL's that may see the credential, e.g. for uploads. */
  readonly allowHosts?: readonly string[];
  /** Where calls of the test world go. Without one they are simulated. */
  readonly sandbox?: Sandbox;
  /** Sent with every request that does not set them itself, e.g. the version of an API. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether the method of an HTTP request says nothing of what it does, as where `GET /chat.delete` deletes. Then each call
   * through the proxy counts as destructive.
   */
  readonly rpc?: boolean;
  /** How `http` encodes bodies; JSON unless said. */
  readonly bodies?: "json" | "form";
  readonly auth: readonly Auth[];
  /** Settings that are not secret. */
  readonly config?: z.ZodObject;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly verify?: Verify;
  /** Which language models it offers, where it offers any. */
  readonly models?: Models;
  /** How to send a notification. The connector's id is the channel's name. */
  readonly channel?: { readonly send: Send };
  /** How it tells what happens there, and what people say. */
  readonly inbound?: Inbound;
  /**
   * What refusals mean where their HTTP status would mislead or advice would help: by status, or by the service's own
   * error code, which weighs more.
   */
  readonly refusals?: Readonly<Record<string, Partial<Pick<ServiceFailure, "status" | "hint">>>>;
  /** Takes back what was set up at the service, such as a webhook, before an integration's credentials are deleted. */
  onDisconnect?(context: CallContext): Promise<unknown>;
  /** Reads what the service's SDK throws; `undefined` for what it does not know. */
  failure?(error: unknown): ServiceFailure | undefined;
  /** Environment variables a child process of an agent may be given, each with the credential field it holds. */
  readonly agentEnvVars?: Readonly<Record<string, string>>;
  readonly layers?: readonly Layer[];
  /** Ids of connectors that must be connected first. */
  readonly dependsOn?: readonly string[];
  /** Abstract abilities, e.g. `issues`, by which other connectors can depend on it or conflict with it. */
  readonly provides?: readonly string[];
  /** Ids or abilities that can't be connected beside it. */
  readonly conflicts?: readonly string[];
}

type Config = Readonly<Record<string, unknown>>;

interface Verify {
  /** A harmless operation without required input that proves the credential. */
  readonly operation: string;
  account(answer: unknown, config: Config): Account;
  /** An account for a refusal that still proves the credential, as a send-only key's refusal to list does. */
  accountOfRefusal?(failure: HubError, config: Config): Account | undefined;
}

interface Models {
  /** One that reads, without required input. */
  readonly operation: string;
  show(answer: unknown): readonly Model[];
}

interface Send {
  readonly operation: string;
  /**
   * Whether the service shows whoever has the account what was sent through it. An owner's own links are not sent where an
   * agent could read them.
   */
  readonly isReadable?: boolean;
  /** How long a title and a message may be together, where that is less than they can be. */
  readonly longest?: number;
  /** Whether programs read it: then each notification is an event of its own, and never told together with others. */
  readonly isForPrograms?: boolean;
  /** Throws a `HubError` where the integration's settings name no one to send to. */
  toInput(notification: Notification, config: Config): unknown;
  /** The room that notifications go to, by the name that the settings have for it. */
  room?(config: Config): string | undefined;
}

/** `Connector` with the references between its parts tied to the operations and settings they name. */
interface ConnectorSpec<
  Operations extends Readonly<Record<string, Operation>>,
  Settings extends z.ZodObject,
> extends Omit<Connector, "operations" | "config" | "verify" | "models" | "channel"> {
  readonly operations: Operations;
  readonly config?: Settings;
  readonly verify?: {
    [Name in keyof Operations & string]: {
      readonly operation: Name;
      account(answer: z.output<Operations[Name]["output"]>, config: z.output<Settings>): Account;
      accountOfRefusal?(failure: HubError, config: z.output<Settings>): Account | undefined;
    };
  }[keyof Operations & string];
  readonly models?: {
    [Name in keyof Operations & string]: {
      readonly operation: Name;
      show(answer: z.output<Operations[Name]["output"]>): readonly Model[];
    };
  }[keyof Operations & string];
  readonly channel?: {
    readonly send: {
      [Name in keyof Operations & string]: {
        readonly operation: Name;
        readonly isReadable?: boolean;
        readonly longest?: number;
        readonly isForPrograms?: boolean;
        toInput(notification: Notification, config: z.output<Settings>): z.input<Operations[Name]["input"]>;
        room?(config: z.output<Settings>): string | undefined;
      };
    }[keyof Operations & string];
  };
}

/** Checks at compile time that a connector's parts fit one another. */
export function defineConnector<
  Operations extends Readonly<Record<string, Operation>>,
  Settings extends z.ZodObject = z.ZodObject,
>(connector: ConnectorSpec<Operations, Settings>): Connector & { readonly operations: Operations } {
  return connector;
}
