import type { CallOptions, ClientOptions, ProxyInit } from "./client-options.ts";
import { type Listing, openListing, type Page } from "./listing.ts";
import type { Methods } from "./methods.ts";
import { openTransport, type Transport } from "./open-transport.ts";
import { proxy } from "./proxy.ts";
import { ROUTES } from "./routes.ts";

export { type ErrorCode, HubError } from "../errors.ts";
export type { CallOptions, ClientOptions, Listing, Methods, Page, ProxyInit };

/** A hub's REST API: what an operator can do, by noun and verb. Whatever fails is a `HubError`. */
export interface Client extends Methods {
  /**
   * Calls a service's own API with its credential, which stays in the hub. Bodies stream both ways.
   *
   * The service's answer is given as it is, whatever its status, and has the header `Patchbay-Integration`. A call that
   * waits for an owner is answered 202 by the hub, without that header.
   */
  proxy(integration: string, path: string, init?: ProxyInit): Promise<Response>;
}

/** Opens a hub to a program, in Node and in the browser. */
export function createClient(options: ClientOptions): Client {
  const transport = openTransport(options);
  const nouns = Object.entries(ROUTES).map(([noun, verbs]) => {
    const methods = Object.entries(verbs).map(([verb, route]) => [verb, openMethod(transport, route)]);
    return [noun, Object.fromEntries(methods)];
  });
  return { ...(Object.fromEntries(nouns) as Methods), proxy: (...asked) => proxy(transport, ...asked) };
}

type Method = (input?: object, options?: CallOptions) => Promise<unknown>;

/** Of whatever is no list, the types offer no rows. */
function openMethod({ send }: Transport, route: string): Method {
  return (input = {}, options = {}) =>
    openListing(async (cursor) => {
      const document = await send(route, cursor === undefined ? input : { ...input, cursor }, options);
      return (document && "next_cursor" in document ? document : document?.data) as Page<unknown>;
    });
}
