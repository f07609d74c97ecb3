import type { IncomingMessage } from "node:http";
import type { Action } from "../../actions/action.ts";
import { authorize } from "../../actions/action.ts";
import type { Principal } from "../../access/principal.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { type RateLimits, tooMany } from "../rest/rate-limits.ts";
import { bearerToken } from "./bearer-token.ts";

/** Lets those in who may GET what is sent as it comes: by their key, its limit and its scope, like any action. */
export async function admit(
  hub: Hub,
  limits: RateLimits,
  { method, headers }: IncomingMessage,
  { path, ...rule }: Pick<Action, "who" | "scope"> & { readonly path: string },
): Promise<Principal> {
  const principal = await hub.authenticate(bearerToken(headers.authorization));
  const allowance = limits.take(principal.actor);
  if (!allowance.isAllowed) throw tooMany(allowance);
  authorize(rule, principal);
  if (method === "GET") return principal;
  throw new HubError("method_not_allowed", `${path} takes no ${method}.`, {
    hint: "It takes GET.",
    details: { allow: "GET" },
  });
}
