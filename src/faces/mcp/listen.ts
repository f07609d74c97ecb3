import type { Server } from "@modelcontextprotocol/server";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import type { ChangeTopic } from "../../store/tables.ts";

const COALESCE_MS = 50;

/** Calls back, once for changes that come together, when what the caller may call, or has to read, may have changed. */
export function onChanged(hub: Hub, caller: Caller, topic: ChangeTopic, tell: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = hub.store.changes.subscribe((change) => {
    if (change.workspace_id !== caller.workspaceId) return;
    if (change.profile_id !== null && change.profile_id !== caller.profileId) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      tell();
    }, COALESCE_MS);
  }, topic);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Tells the client of a connection what changes, until the returned function ends it. */
export function keepInformed(
  hub: Hub,
  caller: Caller,
  server: Server,
  tellOfMessages: (server: Server) => Promise<void>,
): () => void {
  const onFault = (error: unknown): void => hub.log.debug("A client was not told of a change.", {}, error);
  const stops = [
    onChanged(hub, caller, "access", () => void server.sendToolListChanged().catch(onFault)),
    onChanged(hub, caller, "messages", () => void tellOfMessages(server).catch(onFault)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
