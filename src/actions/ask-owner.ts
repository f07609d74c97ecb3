import * as z from "zod";
import { checkPolicy, decide } from "../access/policy.ts";
import { openRequest } from "../access/requests.ts";
import type { Caller } from "../call/open-calls.ts";
import { isOn } from "../call/surface.ts";
import type { RequestRow } from "../store/tables.ts";
import type { ActionContext } from "./action.ts";

/** What whoever asks for a service says. */
export const WishFields = {
  service: z.string().min(1).max(64).describe("A service's id, e.g. github; mcp__integrations__list has them"),
  reason: z.string().min(1).max(1000).describe("What it is needed for"),
  operations: z
    .array(z.string().regex(/^[a-z0-9_]{1,64}$/, "an operation's name, e.g. create_issue"))
    .min(1)
    .max(50)
    .optional()
    .describe("Only these operations, e.g. create_issue; all of the service's when absent"),
};

export interface Wish {
  readonly service: string;
  readonly reason: string;
  readonly operations?: readonly string[] | undefined;
}

/** Whether a profile may call all that it asks for already, be it with approval. Refuses what nobody could grant. */
export async function isGranted(
  { catalog, calls }: Pick<ActionContext, "catalog" | "calls">,
  { profileId }: Caller,
  { service, operations: wanted }: Wish,
): Promise<boolean> {
  const { operations } = await catalog.connector(service);
  checkPolicy({ allow: [...(wanted ?? [])] }, service, Object.keys(operations));
  const { grants } = await calls.holdingsOf(profileId);
  const held = grants.filter((granted) => granted.integration.service === service && isOn(granted));
  if (!wanted) return held.length > 0;
  return Object.entries(operations)
    .filter(([name]) => wanted.includes(name))
    .every(([name, { effect }]) => held.some(({ policy }) => ["allow", "ask"].includes(decide(policy, name, effect))));
}

/** Asks the owner for a service as a profile. Unless it joins an undecided request, it is put on record and told. */
export async function askOwner(
  { store, audit, calls, notices }: Pick<ActionContext, "store" | "audit" | "calls" | "notices">,
  { workspaceId, profileId, actor }: Caller,
  { service, reason, operations }: Wish,
): Promise<RequestRow & { readonly profile: string }> {
  const { profile } = await calls.holdingsOf(profileId);
  const ask = {
    workspaceId,
    profileId,
    service,
    reason,
    ...(operations && { operations: [...new Set(operations)].toSorted() }),
  };
  const { request } = await openRequest(store, ask, async (db, opened) => {
    await notices.ofRequest(db, opened, profile.name);
    const details = { request: opened.id, service, operations: operations?.join(" ") ?? "*" };
    await audit.appendIn(db, { workspaceId, profileId, actor, action: "request.open", details });
  });
  return { ...request, profile: profile.name };
}

/** An owner who is at it needs about so long; a client that waits longer may give up. */
const GRANT_MS = 20_000;

/** Waits a while for an owner to grant what a profile asks for; false where that has not come to pass. */
export async function awaitGrant(context: ActionContext, caller: Caller, wish: Wish): Promise<boolean> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(GRANT_MS)]);
  let news = Promise.withResolvers<void>();
  const tell = (): void => news.resolve();
  signal.addEventListener("abort", tell);
  const stop = context.store.changes.subscribe(({ workspace_id }) => {
    if (workspace_id === caller.workspaceId) tell();
  });
  try {
    for (;;) {
      news = Promise.withResolvers();
      if (await isGranted(context, caller, wish)) return true;
      if (signal.aborted) return false;
      await news.promise;
    }
  } finally {
    stop();
  }
}
