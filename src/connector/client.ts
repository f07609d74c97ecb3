/** A request that a server may make of its client, in the words of the Model Context Protocol. */
export interface ClientRequest {
  readonly method: "elicitation/create" | "sampling/createMessage" | "roots/list";
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The MCP client that made a call. Lent only by a hub that is under test by the protocol's conformance suite. */
export interface Client {
  /** What it says that it can do, by the protocol's names, e.g. `elicitation`. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Its answers to what it was asked last, by the keys of the requests. Nobody has checked them. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** What was kept with the last requests, signed by the hub meanwhile. */
  readonly state: unknown;
  /** The client is asked when the operation has ended, and the operation is run again with its answers. */
  ask(requests: Readonly<Record<string, ClientRequest>>, state?: unknown): Promise<void>;
  log(message: string): Promise<void>;
  /** Tells all of the profile's clients that its tools have changed. */
  changeTools(): Promise<void>;
}
