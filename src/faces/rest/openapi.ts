import * as z from "zod";
import type { Action } from "../../actions/action.ts";
import { isList } from "../../actions/page.ts";
import { ERROR_CODES } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { Problem, PROBLEM_TYPE } from "../http/problem.ts";
import { writeGuide } from "./guide.ts";
import { REST_ROUTES, type RestRoute } from "./routes.ts";
import { type Stream, STREAMS } from "./streams.ts";

export type JsonSchema = Exclude<z.core.JSONSchema._JSONSchema, boolean>;

interface Media {
  readonly schema: JsonSchema;
}

export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

interface Reference {
  readonly $ref: string;
}

export interface ApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface ApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly (ApiParameter | Reference)[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, ApiResponse | Reference>>;
}

/** The API as https://spec.openapis.org/oas/v3.1.0.html says it. */
export interface ApiDescription {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly [field: string]: unknown };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly [kind: string]: object;
  };
}

/** Renders the description of the whole API from its actions, and from what is said of the routes that are none. */
export function describeApi({ config, version, publicUrl }: Hub): ApiDescription {
  const schemas: Record<string, JsonSchema> = {};
  const toSchema = (type: z.ZodType, io: "input" | "output"): JsonSchema => {
    const text = JSON.stringify(z.toJSONSchema(type, { io, unrepresentable: "any" }));
    const whole = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
    const { $schema: _, $defs = {}, ...schema } = whole;
    Object.assign(schemas, $defs);
    return schema;
  };
  const paths: Record<string, Record<string, ApiOperation>> = {};
  for (const route of REST_ROUTES) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = describeRoute(route, toSchema);
  }
  for (const stream of STREAMS) (paths[stream.path] ??= {})[stream.method.toLowerCase()] = describeStream(stream);
  const problem = { [PROBLEM_TYPE]: { schema: toSchema(Problem, "output") } };
  const guide = writeGuide(config.server.limits.requestsPerMinute);
  return {
    openapi: "3.1.0",
    info: {
      title: "Patchbay",
      version,
      description: guide.map(({ title, text }) => `## ${title}\n\n${text}`).join("\n\n"),
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: `${publicUrl()}/v1` }],
    tags: [...new Set([...REST_ROUTES, ...STREAMS].map(({ noun }) => noun))].map((name) => ({ name })),
    paths,
    components: { schemas, ...describeShared(problem) },
  };
}

type ToSchema = (type: z.ZodType, io: "input" | "output") => JsonSchema;

function describeRoute(route: RestRoute, toSchema: ToSchema): ApiOperation {
  const { name, noun, action } = route;
  const whose = action.who === "owner" ? "Keys of the owner only." : "A profile's key reaches only what is its own.";
  return {
    operationId: name,
    tags: [noun],
    summary: action.summary,
    description: `Scope ${action.scope}. ${whose}`,
    security: [{ key: [action.scope] }],
    ...describeInput(route, toSchema),
    responses: { ...describeSuccess(action, toSchema), ...FAILURES },
  };
}

function describeStream({ name, noun, scope, whose, summary, parameters, requestBody, success }: Stream): ApiOperation {
  return {
    operationId: name,
    tags: [noun],
    summary,
    description: `Scope ${scope}. ${whose}`,
    security: [{ key: [scope] }],
    parameters,
    ...(requestBody && { requestBody }),
    responses: { ...success, ...FAILURES },
  };
}

const RESPONSES: Readonly<Record<number, string>> = { 401: "Unauthenticated", 429: "RateLimited" };

/** Each status by itself: to a generated client a `default` would make every status a failure's. */
const FAILURES: Readonly<Record<string, Reference>> = Object.fromEntries(
  Object.values(ERROR_CODES).map(({ status }) => [
    status,
    { $ref: `#/components/responses/${RESPONSES[status] ?? "Problem"}` },
  ]),
);

function describeInput(
  { method, action, inPath, rest }: RestRoute,
  toSchema: ToSchema,
): Pick<ApiOperation, "parameters" | "requestBody"> {
  const { properties = {}, required = [], ...whole } = toSchema(action.input.strict(), "input");
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, schema: Object(schema) as JsonSchema }));
  const isInPath = ({ name }: { name: string }): boolean => inPath.includes(name);
  const toParameter = ({ name, schema: { description, ...schema } }: (typeof fields)[number]): ApiParameter => ({
    name,
    in: inPath.includes(name) ? "path" : "query",
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  });
  const prefer = action.status === 204 ? [{ $ref: "#/components/parameters/Prefer" }] : [];
  if (rest === "query") return { parameters: [...fields.map(toParameter), ...prefer] };
  const inBody = fields.filter((field) => !isInPath(field));
  const needed = required.filter((name) => !inPath.includes(name));
  const body = { ...whole, properties: Object.fromEntries(inBody.map(({ name, schema }) => [name, schema])) };
  return {
    parameters: [
      ...fields.filter(isInPath).map(toParameter),
      ...(method === "POST" ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
    ],
    ...(inBody.length > 0 && {
      requestBody: {
        required: needed.length > 0,
        content: { "application/json": { schema: needed.length > 0 ? { ...body, required: needed } : body } },
      },
    }),
  };
}

function describeSuccess(action: Action, toSchema: ToSchema): Record<string, ApiResponse> {
  const { status = 200, output } = action;
  const headers = {
    RateLimit: { $ref: "#/components/headers/RateLimit" },
    "RateLimit-Policy": { $ref: "#/components/headers/RateLimitPolicy" },
  };
  const answer = toSchema(output, "output");
  const schema: JsonSchema = isList(action)
    ? answer
    : { type: "object", properties: { data: answer }, required: ["data"], additionalProperties: false };
  const told = { description: "Done.", headers, content: { "application/json": { schema } } };
  return status === 204 ? { "200": told, "204": { description: "Done.", headers } } : { [status]: told };
}

function describeShared(content: Readonly<Record<string, Media>>): Readonly<Record<string, object>> {
  const text = { schema: { type: "string" } };
  return {
    securitySchemes: {
      key: { type: "http", scheme: "bearer", description: "A key such as pb_live_… or pb_test_…" },
    },
    parameters: {
      IdempotencyKey: {
        name: "Idempotency-Key",
        in: "header",
        description: "Makes a repeated request run once; a UUID will do",
        schema: { type: "string", minLength: 1, maxLength: 255 },
      },
      Prefer: {
        name: "Prefer",
        in: "header",
        description: "With return=representation, the answer says what was done rather than 204",
        schema: { type: "string" },
      },
    },
    headers: {
      RateLimit: { description: "Requests left (r), and seconds until all are (t)", ...text },
      RateLimitPolicy: { description: "Requests (q) in a window of seconds (w)", ...text },
      RetryAfter: { description: "Seconds to wait", schema: { type: "integer" } },
      WwwAuthenticate: { description: "How to authenticate", ...text },
    },
    responses: {
      Problem: { description: "It could not be done.", content },
      Unauthenticated: {
        description: "The key is missing, unknown, revoked or expired.",
        headers: { "WWW-Authenticate": { $ref: "#/components/headers/WwwAuthenticate" } },
        content,
      },
      RateLimited: {
        description: "Too many requests, of this key or of the hub at the service.",
        headers: { "Retry-After": { $ref: "#/components/headers/RetryAfter" } },
        content,
      },
    },
  };
}
