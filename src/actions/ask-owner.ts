import type { Ledger } from "../access/grants.ts";
import { openRequest } from "../access/requests.ts";
import type { Caller } from "../call/open-calls.ts";
import type { RequestRow } from "../store/tables.ts";

/** Asks the owner for a service as a profile, and puts it on record unless it joins an undecided request. */
export async function askOwner(
  { store, audit }: Ledger,
  { workspaceId, profileId, actor }: Caller,
  service: string,
  reason: string,
): Promise<RequestRow> {
  const { request, joined } = await openRequest(store, { workspaceId, profileId, service, reason });
  if (!joined) {
    const details = { request: request.id, service };
    await audit.append({ workspaceId, profileId, actor, action: "request.open", details });
  }
  return request;
}
