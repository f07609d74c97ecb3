import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openTestApi, startService } from "#testing";
import { createKey } from "../src/access/keys.ts";
import { type Scope, SCOPES } from "../src/access/principal.ts";
import { siblingWorkspace } from "../src/access/workspaces.ts";
import type { ApiDescription } from "../src/faces/rest/openapi.ts";
import { REST_ROUTES, type RestRoute } from "../src/faces/rest/routes.ts";
import type { Hub } from "../src/hub.ts";
import { putMessage } from "../src/inbound/messages.ts";
import type { IntegrationRow } from "../src/store/tables.ts";
import { forbiddenBy } from "./forbidden-values.ts";

const SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const LIMIT_BYTES = 1000;

/** Ids of one world, by the name of the path's parameter. */
type Ids = Readonly<Record<string, string>>;

/** What each route is sent beside its path, so that only who asks can be wrong. A route that is not here needs nothing. */
const FIELDS: Readonly<Record<string, (ids: Ids) => object>> = {
  integrations_connect: () => ({ service: "webhook" }),
  integrations_configure: () => ({ config: {} }),
  credentials_set: () => ({ credentials: {} }),
  credentials_add: () => ({ credentials: {} }),
  oauth_start: ({ integration }) => ({ integration }),
  oauth_url: ({ integration }) => ({ service: "webhook", integration }),
  oauth_status: () => ({ service: "webhook", flow: "flow_1" }),
  oauth_apps_set: () => ({ client_id: "id" }),
  profiles_create: () => ({ name: "third" }),
  profiles_channels: () => ({ channels: ["webhook"] }),
  requests_create: ({ profile }) => ({ service: "github", reason: "To file bugs", profile }),
  keys_create: ({ profile }) => ({ profile }),
  env_allow: () => ({ variables: ["GITHUB_TOKEN"] }),
  channels_set: () => ({ channels: [] }),
  quiet_hours_set: () => ({ start: "22:00", end: "07:00", timezone: "Europe/Berlin" }),
  tools_list: ({ profile }) => ({ profile }),
  tools_call: ({ profile }) => ({ profile }),
  messages_list: ({ profile }) => ({ profile }),
  messages_send: ({ to, profile }) => ({ to, profile, text: "Hello" }),
  profiles_runtime: ({ integration }) => ({ integration }),
  messages_link: ({ profile, integration }) => ({ profile, integration }),
  messages_assign: ({ profile, integration }) => ({ profile, integration }),
  notify_send: ({ profile }) => ({ message: "Hello", profile }),
};

/** These fields are the id of something that belongs to a workspace. */
const IDS = ["integration", "profile", "request", "approval", "key", "link", "notification"];

function fieldsOf({ name }: RestRoute, ids: Ids): object {
  return FIELDS[name]?.(ids) ?? {};
}

function namesSomething(route: RestRoute): boolean {
  return [...route.inPath, ...Object.keys(fieldsOf(route, {}))].some((name) => IDS.includes(name));
}

async function openWorld(limits: object = { maxBodyBytes: LIMIT_BYTES }) {
  const receiver = await startService({ "POST /hook": { status: 204 } });
  const api = await openTestApi({ file: { server: { limits } } });
  const { hub } = api;
  const { store } = hub.hub;
  const coder = await hub.addProfile("coder");
  const other = await hub.addProfile("other");
  const integration = await hub.connect("webhook", `${receiver.url}/hook`, { WEBHOOK_SECRET: SECRET });
  await hub.grant(coder, integration, { ask: ["send_event"] });
  const { approval } = (await hub.call(coder, "mcp__webhook__send_event", { type: "built", data: {} })) as {
    approval: string;
  };
  const sent = { body: { service: "github", reason: "To file bugs", profile: "coder" } };
  const { id: asked } = await api.data<{ id: string }>("POST /requests", sent);
  const { id: key } = await api.data<{ id: string }>("POST /keys", { body: {} });
  const assigned = { body: { profile: "coder", integration: integration.id } };
  const { id: link } = await api.data<{ id: string }>("PUT /messages/links", assigned);
  const said = { body: { message: "Built", profile: "coder" } };
  const { delivery } = await api.data<{ delivery: string }>("POST /notify", said);
  const to = await addMessage(hub.hub, integration, coder.profileId);
  const sibling = await siblingWorkspace(store, hub.workspaceId, "test");
  const addKey = async (spec: { scopes?: readonly Scope[]; profileId?: string; workspaceId?: string }) =>
    (await createKey(store.db, { workspaceId: hub.workspaceId, mode: "live", ...spec })).token;
  return {
    url: api.url,
    hub: hub.hub,
    ids: {
      integration: integration.id,
      profile: coder.profileId,
      request: asked,
      approval,
      key,
      link,
      to,
      notification: delivery,
      service: "webhook",
      tool: "mcp__webhook__send_event",
    },
    ownerKey: await addKey({}),
    /** It may do everything but what a route needs. */
    uselessKey: await addKey({ scopes: ["proxy"] }),
    /** Of a profile to which nothing that is named belongs, with every scope there is. */
    otherKey: await addKey({ profileId: other.profileId, scopes: SCOPES }),
    /** Of an owner, in the world of test keys. */
    testKey: await addKey({ workspaceId: sibling.id }),
  };
}

async function addMessage({ store }: Hub, integration: IntegrationRow, profileId: string): Promise<string> {
  const said = { text: "Hi", person: { id: "1" }, chat: "1", thread: "1", isInThread: false, isAddressed: true };
  return (await store.transaction((db) => putMessage(store, db, integration, profileId, said))).id;
}

interface Sent {
  readonly key?: string;
  readonly ids: Ids;
  /** Sent in the place of what belongs there, also where none does. */
  readonly body?: string;
  /** What it is sent beside its path; what belongs there when absent. */
  readonly fields?: object;
}

/** A list is a parameter that is repeated. */
function toQuery(fields: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) query.append(name, String(one));
  return query.toString();
}

/** With Node's own client: `fetch` sends no GET with a body. */
async function send(url: string, route: RestRoute, { key, ids, body, fields = fieldsOf(route, ids) }: Sent) {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "");
  const query = route.rest === "query" ? `?${toQuery(fields)}` : "";
  const content = body ?? (route.rest === "query" ? "" : JSON.stringify(fields));
  const headers = {
    "content-length": String(Buffer.byteLength(content)),
    ...(content !== "" && { "content-type": "application/json" }),
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const outgoing = request(`${url}/v1${path}${query}`, { method: route.method, headers, agent: false });
  outgoing.end(content);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}

/** The status that each route answered, by the route's name. */
async function sendAll(url: string, routes: readonly RestRoute[], sent: Sent): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const route of routes) answers[route.name] = (await send(url, route, sent)).status;
  return answers;
}

function all(routes: readonly RestRoute[], statusOf: (route: RestRoute) => number): Record<string, number> {
  return Object.fromEntries(routes.map((route) => [route.name, statusOf(route)]));
}

/** Every row of every table. */
async function dump({ store, audit }: Hub): Promise<Record<string, unknown>> {
  await audit.flush();
  const tables = await store.db.introspection.getTables();
  const rows = tables.map(async ({ name }) => [
    name,
    await store.db
      .selectFrom(name as "keys")
      .selectAll()
      .execute(),
  ]);
  return Object.fromEntries(await Promise.all(rows)) as Record<string, unknown>;
}

test("without a key, every route is 401 and nothing changes", async () => {
  const { url, hub, ids } = await openWorld();
  const before = await dump(hub);

  const answers = await sendAll(url, REST_ROUTES, { ids });

  expect(answers).toEqual(all(REST_ROUTES, () => 401));
  expect(await dump(hub)).toEqual(before);
});

test("what is public is a short list", async () => {
  const { url } = await openWorld();
  const paths = [
    "/",
    "/healthz",
    "/docs",
    "/mcp",
    "/mcp/webhook",
    "/v1",
    "/v1/openapi.json",
    "/v1/nowhere",
    "/v1/hooks/int_1",
    "/v1/messages/stream",
    "/v1/audit/export",
    "/v1/proxy/webhook",
    "/readyz",
    "/oauth/callback/github",
    "/approvals/apr_00000000000000000000000000",
  ];

  const answers = await Promise.all(paths.map(async (path) => [path, (await fetch(`${url}${path}`)).status] as const));

  expect(Object.fromEntries(answers)).toEqual({
    "/": 404,
    "/healthz": 200,
    "/docs": 200,
    "/mcp": 401,
    "/mcp/webhook": 401,
    "/v1": 401,
    "/v1/openapi.json": 200,
    "/v1/nowhere": 401,
    "/v1/hooks/int_1": 405,
    "/v1/messages/stream": 401,
    "/v1/audit/export": 401,
    "/v1/proxy/webhook": 401,
    "/readyz": 200,
    "/oauth/callback/github": 400,
    "/approvals/apr_00000000000000000000000000": 401,
  });
});

test("with a wrong key, every route is 401 and nothing changes", async () => {
  const { url, hub, ids, ownerKey } = await openWorld();
  const before = await dump(hub);

  const answers = await sendAll(url, REST_ROUTES, { ids, key: `${ownerKey.slice(0, -1)}!` });

  expect(answers).toEqual(all(REST_ROUTES, () => 401));
  expect(await dump(hub)).toEqual(before);
});

test("with a key that lacks the scope, every route is 403 and nothing changes", async () => {
  const { url, hub, ids, uselessKey } = await openWorld();
  const before = await dump(hub);

  const answers = await sendAll(url, REST_ROUTES, { ids, key: uselessKey });

  expect(answers).toEqual(all(REST_ROUTES, () => 403));
  expect(await dump(hub)).toEqual(before);
});

test("in another workspace, nothing that is named is there and nothing changes", async () => {
  const { url, hub, ids, testKey } = await openWorld();
  const routes = REST_ROUTES.filter(namesSomething);
  const before = await dump(hub);

  const answers = await sendAll(url, routes, { ids, key: testKey });

  expect(answers).toEqual(all(routes, () => 404));
  expect(await dump(hub)).toEqual(before);
});

test("to another profile, nothing that is named is there, the owner's routes are closed, and nothing changes", async () => {
  const { url, hub, ids, otherKey } = await openWorld();
  const routes = REST_ROUTES.filter((route) => route.action.who === "owner" || namesSomething(route));
  const before = await dump(hub);

  const answers = await sendAll(url, routes, { ids, key: otherKey });

  expect(answers).toEqual(all(routes, ({ action }) => (action.who === "owner" ? 403 : 404)));
  expect(await dump(hub)).toEqual(before);
});

test.each(["otherKey", "testKey"] as const)("no list shows the %s an id that is not its own", async (who) => {
  const world = await openWorld();
  const lists = REST_ROUTES.filter((route) => route.method === "GET" && !namesSomething(route));
  const { service: _, tool: __, ...ids } = world.ids;

  const answers = await Promise.all(lists.map((route) => send(world.url, route, { key: world[who], ids: world.ids })));

  const told = answers.map((answer) => answer.text).join("\n");
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(3);
  expect(Object.values(ids).filter((id) => told.includes(id))).toEqual([]);
});

test.each(["%00", "%2e%2e%2f", "int_%F0%9F%92%A5", "%27%20or%201%3D1--", "%ff", "x".repeat(300)])(
  "the malformed id %s is 400 or 404 wherever an id stands, and nothing changes",
  async (malformed) => {
    const { url, hub, ownerKey } = await openWorld();
    const routes = REST_ROUTES.filter(({ inPath }) => inPath.length > 0);
    const ids = new Proxy<Ids>({}, { get: () => malformed });
    const before = await dump(hub);

    const answers = await sendAll(url, routes, { ids, key: ownerKey });

    expect(Object.entries(answers).filter(([, status]) => status !== 400 && status !== 404)).toEqual([]);
    expect(await dump(hub)).toEqual(before);
  },
);

test("with too large a body, every route is 413 and nothing changes", async () => {
  const { url, hub, ids, ownerKey } = await openWorld();
  const body = JSON.stringify({ name: "a".repeat(LIMIT_BYTES) });
  const before = await dump(hub);

  const answers = await sendAll(url, REST_ROUTES, { ids, key: ownerKey, body });

  expect(answers).toEqual(all(REST_ROUTES, () => 413));
  expect(await dump(hub)).toEqual(before);
});

/** Requests that are right but for one field, as the description of a route has it. */
function forbiddenOf(api: ApiDescription, route: RestRoute, ids: Ids) {
  const right = { ...fieldsOf(route, ids) } as Record<string, unknown>;
  const operation = api.paths[route.path]?.[route.method.toLowerCase()];
  const body = operation?.requestBody?.content["application/json"]?.schema;
  const inQuery = operation?.parameters.flatMap((each) => ("in" in each && each.in === "query" ? [each] : [])) ?? [];
  const properties = body?.properties ?? Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema]));
  const required = body?.required ?? inQuery.flatMap(({ name, required: is }) => (is ? [name] : []));
  const wrong = Object.entries(properties).flatMap(([field, schema]) =>
    forbiddenBy(Object(schema)).map(({ rule, value }) => ({ field, rule, fields: { ...right, [field]: value } })),
  );
  const missing = required.map((field) => {
    const { [field]: _, ...fields } = right;
    return { field, rule: "required", fields };
  });
  const unknown = { field: "no_such_field", rule: "unknown", fields: { ...right, no_such_field: "1" } };
  // A query is all text, of which neither an object nor an empty list can be made.
  const isSaid = ({ field, fields }: { field: string; fields: object }) =>
    body !== undefined || (!toQuery(fields).includes("object") && toQuery(fields).includes(`${field}=`));
  return [unknown, ...missing, ...wrong.filter(isSaid)].map((each) => ({ ...each, route }));
}

test("what the description of a route forbids is 400, by the name of the field, and nothing changes", async () => {
  const { url, hub, ids, ownerKey: key } = await openWorld({ requestsPerMinute: 100_000 });
  const api = (await (await fetch(`${url}/v1/openapi.json`)).json()) as ApiDescription;
  const requests = REST_ROUTES.flatMap((route) => forbiddenOf(api, route, ids));
  const before = await dump(hub);

  const answers = await Promise.all(
    requests.map(async ({ route, field, rule, fields }) => {
      const { status, text: problem } = await send(url, route, { ids, key, fields });
      const [, named] = / is wrong: (?:Unrecognized key: ")?(\w+)/.exec(JSON.parse(problem || "{}").detail) ?? [];
      return { request: `${route.name} with ${field}, ${rule}`, status, isNamed: named === field, problem };
    }),
  );

  expect(answers.filter(({ status, isNamed }) => status !== 400 || !isNamed)).toEqual([]);
  expect(new Set(requests.map(({ rule }) => rule)).size).toBeGreaterThan(12);
  expect(await dump(hub)).toEqual(before);
});
