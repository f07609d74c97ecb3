import type { IncomingMessage, ServerResponse } from "node:http";
import { Hono } from "hono";
import type { Principal } from "../../access/principal.ts";
import { type ActionContext, authorize } from "../../actions/action.ts";
import { toDocument } from "../../actions/page.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { answerBy } from "../http/answer-by.ts";
import { bearerToken } from "../http/bearer-token.ts";
import { type Problem, problemHeaders, refuseMethod, toProblem } from "../http/problem.ts";
import { DOCS_HEADERS, renderDocs } from "./docs.ts";
import { type ApiDescription, describeApi } from "./openapi.ts";
import { limitHeaders, type RateLimits, tooMany } from "./rate-limits.ts";
import { type Fields, readInput } from "./read-input.ts";
import { type Answer, openReplays } from "./replays.ts";
import { REST_ROUTES, type RestRoute } from "./routes.ts";

type Rest = Hono<{ Variables: { principal: Principal } }>;

/** The REST API below `/v1` and its reference at `/docs`, rendered from the actions. */
export function openRest(
  hub: Hub,
  limits: RateLimits,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const app: Rest = new Hono();
  app.onError((error) => sendError(hub, hub.asHubError(error)));
  app.notFound(() => sendError(hub, nothingHere(hub)));
  addReference(app, hub);
  addAuthentication(app, hub, limits);
  addActions(app, hub);
  addOtherMethods(app);
  return answerBy(hub, (request) => app.fetch(request));
}

function nothingHere(hub: Hub): HubError {
  return new HubError("not_found", "There is nothing at this address.", {
    hint: `The API is described at ${docsUrl(hub)}.`,
  });
}

/** All that is answered without a key. */
function addReference(app: Rest, hub: Hub): void {
  let api: ApiDescription | undefined;
  app.get("/v1/openapi.json", () => Response.json((api ??= describeApi(hub))));
  app.get("/docs", (context) => {
    api ??= describeApi(hub);
    return context.html(renderDocs(api, hub.config.server.limits.requestsPerMinute).text, 200, DOCS_HEADERS);
  });
}

/** Before anything is looked at, so that a stranger learns nothing and can't make the hub read a body. */
function addAuthentication(app: Rest, hub: Hub, limits: RateLimits): void {
  app.use("/v1/*", async (context, next) => {
    const principal = await hub.authenticate(bearerToken(context.req.header("authorization")));
    const allowance = limits.take(principal.actor);
    context.set("principal", principal);
    if (allowance.isAllowed) await next();
    else context.res = sendError(hub, tooMany(allowance));
    for (const [name, value] of limitHeaders(allowance)) context.res.headers.set(name, value);
    context.res.headers.set("cache-control", "no-store");
  });
}

function addActions(app: Rest, hub: Hub): void {
  const replays = openReplays(hub);
  const { maxBodyBytes } = hub.config.server.limits;
  for (const route of REST_ROUTES) {
    app.on(route.method, toPattern(route.path), async (context) => {
      const { req: request } = context;
      const principal = context.get("principal");
      authorize(route.action, principal);
      const input = await readInput(route, request.raw, request.param(), maxBodyBytes);
      const isTold = wantsToBeTold(request.header("prefer"));
      const run = (signal: AbortSignal): Promise<Answer> =>
        answer(hub, route, input, hub.contextOf(principal, signal), isTold);
      const key = route.method === "POST" ? idempotencyKey(request.header("idempotency-key")) : undefined;
      if (key === undefined) return send(await run(request.raw.signal));

      // To its end, even if the client goes away: it will repeat the request to learn how it ended.
      const keyed = { principal, key, route: route.name, input };
      const { isReplay, ...given } = await replays.once(
        keyed,
        () => run(new AbortController().signal),
        (first) => (isProvisional(route, first) ? undefined : withoutShownOnce(hub, route, first)),
      );
      return send(given, isReplay ? { "idempotent-replayed": "true" } : {});
    });
  }
}

async function answer(
  hub: Hub,
  { action }: RestRoute,
  input: Fields,
  context: ActionContext,
  isTold: boolean,
): Promise<Answer> {
  try {
    const result = await action.run(input, context);
    const { status = 200 } = action;
    if (status !== 204) return { status, body: toDocument(action, result) };
    return isTold ? { status: 200, body: toDocument(action, result) } : { status };
  } catch (error) {
    const problem = toProblem(hub.asHubError(error), docsUrl(hub));
    return { status: problem.status, body: problem };
  }
}

/** Whether a 204 is too little: https://www.rfc-editor.org/rfc/rfc7240#section-4.2. */
function wantsToBeTold(prefer = ""): boolean {
  return /(?:^|[,;])\s*return\s*=\s*"?representation"?\s*(?:$|[,;])/i.test(prefer);
}

/** The header as a token, or as a quoted string: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header. */
function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted, bare] = /^(?:"([!#-~]{1,255})"|([!#-~]{1,255}))$/.exec(header) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new HubError("invalid_input", "The Idempotency-Key is not one of 1 to 255 characters without spaces.", {
    hint: "Send a UUID.",
  });
}

function isProvisional({ action }: RestRoute, { status, body }: Answer): boolean {
  return status < 400 && action.isProvisional?.((body as { data: unknown }).data) === true;
}

/** What is kept of an answer with a secret in it: that it was given, and of what. */
function withoutShownOnce(hub: Hub, { action }: RestRoute, given: Answer): Answer {
  const { shownOnce } = action;
  if (!shownOnce || given.status >= 400) return given;
  const facts = Object.entries(Object((given.body as { data: unknown }).data));
  const details = Object.fromEntries(facts.filter(([name]) => !shownOnce.includes(name)));
  const error = new HubError(
    "conflict",
    `The first answer to this request had a ${shownOnce.join(" and ")} that is shown once.`,
    {
      hint: "If it was lost, delete what was made, and make another with a new Idempotency-Key.",
      details: details as HubError["details"],
    },
  );
  return { status: error.status, body: toProblem(error, docsUrl(hub)) };
}

/** What a known path answers to any other method. */
function addOtherMethods(app: Rest): void {
  app.on("ALL", ["/v1/openapi.json", "/docs"], ({ req }) => {
    throw refuseMethod(req.path, req.method, "GET", "HEAD");
  });
  const paths = Map.groupBy(REST_ROUTES, ({ path }) => path);
  for (const [path, routes] of paths) {
    const methods = routes.flatMap(({ method }) => (method === "GET" ? [method, "HEAD"] : [method]));
    app.all(toPattern(path), ({ req }) => {
      throw refuseMethod(req.path, req.method, ...methods);
    });
  }
}

function toPattern(path: string): string {
  return `/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
}

function sendError(hub: Hub, error: HubError): Response {
  return send({ status: error.status, body: toProblem(error, docsUrl(hub)) });
}

function send({ status, body }: Answer, headers: Readonly<Record<string, string>> = {}): Response {
  if (body === undefined) return new Response(null, { status, headers });
  const forProblem = status < 400 ? {} : problemHeaders(body as Problem);
  return Response.json(body, { status, headers: { ...headers, ...forProblem } });
}

function docsUrl(hub: Hub): string {
  return `${hub.publicUrl()}/docs`;
}
