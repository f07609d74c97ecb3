import type { Action } from "../../actions/action.ts";
import { ALL_ACTIONS } from "../../actions/all-actions.ts";
import { pathParameters, splitRequestLine } from "../../connector/request-line.ts";
import type { Method } from "../../connector/operation.ts";

/** An action as one method of one path. */
export interface RestRoute {
  /** E.g. `profiles_create`. */
  readonly name: string;
  readonly noun: string;
  readonly action: Action;
  readonly method: Method;
  /** Below `/v1`, e.g. `/profiles/{profile}`. */
  readonly path: string;
  /** The inputs that the path holds. */
  readonly inPath: readonly string[];
  /** Where the other inputs are. */
  readonly rest: "query" | "body";
}

export const REST_ROUTES: readonly RestRoute[] = Object.entries(ALL_ACTIONS).flatMap(([noun, verbs]) =>
  Object.entries(verbs).map(([verb, action]) => {
    const [method, path] = splitRequestLine(action.route);
    const rest = method === "GET" || method === "DELETE" ? ("query" as const) : ("body" as const);
    return {
      name: `${noun}_${verb}`.replaceAll("-", "_"),
      noun,
      action,
      method,
      path,
      inPath: pathParameters(path),
      rest,
    };
  }),
);
