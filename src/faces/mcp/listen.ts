import type { Hub } from "../../hub.ts";
import type { Caller } from "../../call/open-calls.ts";

const COALESCE_MS = 50;

/** Calls back, once for changes that come together, when what the caller may call may have changed. */
export function onToolsChanged(hub: Hub, caller: Caller, tell: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = hub.store.changes.subscribe((change) => {
    if (change.workspace_id !== caller.workspaceId) return;
    if (change.profile_id !== null && change.profile_id !== caller.profileId) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      tell();
    }, COALESCE_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
