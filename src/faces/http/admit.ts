import type { IncomingMessage, ServerResponse } from "node:http";
import type { Action } from "../../actions/action.ts";
import { authorize } from "../../actions/action.ts";
import type { Principal } from "../../access/principal.ts";
import type { Hub } from "../../hub.ts";
import { limitHeaders, type RateLimits, tooMany } from "../rest/rate-limits.ts";
import { bearerToken } from "./bearer-token.ts";
import { refuseMethod } from "./problem.ts";

/** Tells who comes, by the key, and takes one request from what that key has left. */
export async function identify(
  hub: Hub,
  limits: RateLimits,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<Principal> {
  const principal = await hub.authenticate(bearerToken(headers.authorization));
  const allowance = limits.take(principal.actor);
  for (const [name, value] of limitHeaders(allowance)) response.setHeader(name, value);
  if (allowance.isAllowed) return principal;
  throw tooMany(allowance);
}

/** Lets those in who may GET what is sent as it comes: by their key, its limit and its scope, like any action. */
export async function admit(
  hub: Hub,
  limits: RateLimits,
  request: IncomingMessage,
  response: ServerResponse,
  { path, ...rule }: Pick<Action, "who" | "scope"> & { readonly path: string },
): Promise<Principal> {
  const principal = await identify(hub, limits, request, response);
  authorize(rule, principal);
  if (request.method === "GET") return principal;
  throw refuseMethod(path, request.method, "GET");
}
