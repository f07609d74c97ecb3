import { ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { hasScope } from "../../access/principal.ts";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import { fitMessages, readMessages, viewMessage } from "../../inbound/messages.ts";

/** What a client subscribes to that wants to hear when people say something. */
export const MESSAGES_URI = "patchbay://messages";

const SHOWN = 50;

const RESOURCE = {
  uri: MESSAGES_URI,
  name: "messages",
  title: "Messages",
  description: "What people said to you and you are not done with. mcp__integrations__read_messages says when you are.",
  mimeType: "application/json",
};

/** Servers whose clients have subscribed. Only up to protocol 2025-11-25 does a client tell the server itself. */
const subscribed = new WeakSet<Server>();

/** Shows a profile's messages as a resource. */
export function offerMessages(server: Server, hub: Hub, caller: Caller): void {
  const mayRead = hasScope(caller, "messages:read");
  server.registerCapabilities({ resources: { subscribe: true } });
  server.setRequestHandler("resources/list", () => ({ resources: mayRead ? [RESOURCE] : [] }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [] }));
  server.setRequestHandler("resources/read", async ({ params }) => {
    checkUri(params.uri, mayRead);
    const page = await readMessages(hub.store.db, { ...caller, limit: SHOWN });
    const text = JSON.stringify({ messages: fitMessages(page.data).map(viewMessage) });
    return { contents: [{ uri: MESSAGES_URI, mimeType: RESOURCE.mimeType, text }] };
  });
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    checkUri(params.uri, mayRead);
    subscribed.add(server);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", () => {
    subscribed.delete(server);
    return {};
  });
}

function checkUri(uri: string, mayRead: boolean): void {
  if (uri === MESSAGES_URI && mayRead) return;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no resource ${uri.slice(0, 128)}.`);
}

/** Tells a client that there are new messages, if it asked for that. */
export async function tellOfMessages(server: Server): Promise<void> {
  if (subscribed.has(server)) await server.sendResourceUpdated({ uri: MESSAGES_URI });
}
