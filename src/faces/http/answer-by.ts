import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { problemHeaders, toProblem } from "./problem.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

/** Serves Node's requests by a function of the web's. What it throws is answered as a problem. */
export function answerBy(
  hub: Hub,
  fetch: Fetch,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return getRequestListener(fetch, {
    overrideGlobalObjects: false,
    errorHandler(cause) {
      const isMalformed = cause instanceof RequestError;
      const error = isMalformed ? new HubError("invalid_input", "The request is malformed.", { cause }) : cause;
      const problem = toProblem(hub.asHubError(error), `${hub.publicUrl()}/docs`);
      return Response.json(problem, { status: problem.status, headers: problemHeaders(problem) });
    },
  });
}
