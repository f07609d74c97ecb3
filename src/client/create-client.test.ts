import { expect, test } from "vitest";
import { openTestApi, startService, type TestApi } from "#testing";
import { ALL_ACTIONS } from "../actions/all-actions.ts";
import { HubError } from "../errors.ts";
import { type Client, type ClientOptions, createClient } from "./create-client.ts";

const TOKEN = "ghp_Sentinel0123456789Sentinel0123456789";

function startGithub() {
  return startService({
    "GET /user": { id: 1, login: "octo" },
    "POST /repos/octo/app/issues": { number: 1, title: "Made by a program", html_url: "https://github.com/octo/app/1" },
    "POST /echo": ({ text, query, headers }) => ({ text, query, type: headers["content-type"] }),
    "GET /missing": { status: 404, body: { message: "Not Found" } },
  });
}

/** A hub with a connected account, a profile that was granted it, and the client of its owner. */
async function arrange() {
  const github = await startGithub();
  const api = await openTestApi();
  const client = await openClient(api);
  const account = await client.integrations.connect({
    service: "github",
    base_url: github.url,
    credentials: { GITHUB_TOKEN: TOKEN },
  });
  await client.profiles.create({ name: "coder" });
  await client.grants.set({ profile: "coder", integration: account.id });
  return { api, github, client, account };
}

async function openClient(api: TestApi, more: Partial<ClientOptions> = {}): Promise<Client> {
  return createClient({ url: api.url, key: await api.addOwnerKey(), ...more });
}

/** What a promise is rejected with. */
async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("every action is a method", () => {
  const client = createClient({ url: "http://127.0.0.1:1", key: "pb_live_x" });

  const methods = Object.entries(client).map(([noun, verbs]) => [noun.toLowerCase(), Object.keys(verbs)]);

  const actions = Object.entries(ALL_ACTIONS).map(([noun, verbs]) => [noun.replace("-", ""), Object.keys(verbs)]);
  expect(methods).toEqual([...actions, ["proxy", []]]);
});

test("an owner connects, grants, calls, reads the record and disconnects", async () => {
  const { client, account } = await arrange();

  const called = await client.tools.call({
    tool: "mcp__github__create_issue",
    profile: "coder",
    input: { owner: "octo", repo: "app", title: "Made by a program" },
  });
  const tools = await client.tools.list({ profile: "coder", service: "github", limit: 200 });
  const { data: intents } = await client.audit.list({ action: "call.intent" });
  const { ok } = await client.audit.verify();
  const gone = await client.integrations.disconnect({ integration: account.id });

  expect(account).toMatchObject({ service: "github", label: "octo", status: "active" });
  expect(called).toMatchObject({ status: "done", data: { number: 1 }, account: { label: "octo" } });
  expect(tools.data.map(({ name }) => name)).toContain("mcp__github__create_issue");
  expect(intents).toMatchObject([{ operation: "github.create_issue" }]);
  expect(ok).toBe(true);
  expect(gone).toBeUndefined();
});

test("a list is one page when it is awaited, and all rows in a loop", async () => {
  const client = await openClient(await openTestApi());
  for (const name of ["one", "two", "three"]) await client.profiles.create({ name });

  const page = await client.profiles.list({ limit: 2 });
  const next = await client.profiles.list({ limit: 2, cursor: page.next_cursor ?? "" });
  const names: string[] = [];
  for await (const { name } of client.profiles.list({ limit: 2 })) names.push(name);

  expect([page.data.length, next.data.length, next.next_cursor]).toEqual([2, 1, null]);
  expect(names).toEqual(["one", "two", "three"]);
});

test("lists, truths and numbers reach a route that takes them in the query", async () => {
  const { client, account } = await arrange();
  const at = { profile: "coder", integration: account.id };
  await client.env.allow({ ...at, variables: ["GITHUB_TOKEN"] });

  const [left] = await client.env.deny({ ...at, variables: ["GITHUB_TOKEN"] });

  expect(left).toMatchObject({ variable: "GITHUB_TOKEN", allowed: false });
});

test("what the hub refuses is a HubError that says all that the problem says", async () => {
  const { api, client, github } = await arrange();
  const limited = await openClient(api, { key: await api.addOwnerKey(["audit:read"]) });

  const [unknown, unscoped, stranger, rejected] = await Promise.all([
    failureOf(client.profiles.inspect({ profile: "nobody" })),
    failureOf(limited.profiles.list()),
    failureOf(createClient({ url: api.url, key: "pb_live_nobodys" }).profiles.list()),
    failureOf(
      client.integrations.connect({
        service: "github",
        base_url: `${github.url}/no`,
        credentials: { GITHUB_TOKEN: TOKEN },
      }),
    ),
  ]);

  expect(unknown).toBeInstanceOf(HubError);
  expect(unknown).toMatchObject({
    code: "not_found",
    status: 404,
    retryable: false,
    message: "There is no profile named nobody.",
    hint: expect.any(String),
  });
  expect(unscoped).toMatchObject({ code: "not_granted", message: "The key lacks the scope profiles:read." });
  expect(stranger).toMatchObject({ code: "unauthenticated", status: 401 });
  expect(rejected).toMatchObject({ code: "service_rejected", details: { service: "GitHub", status: 404 } });
  expect((rejected as HubError).serviceWords).toContain("Nothing answers");
});

test.each(["", ".", ".."])("a name %j can't make the address another's", async (profile) => {
  const api = await openTestApi();
  const client = await openClient(api);

  const failure = await failureOf(client.profiles.inspect({ profile }));

  expect(failure).toMatchObject({ code: "invalid_input", message: "profile names nothing." });
});

test("a name is only ever a name, whatever is in it", async () => {
  const client = await openClient(await openTestApi());

  const failure = await failureOf(client.profiles.inspect({ profile: "../keys?limit=1#" }));

  expect(failure).toMatchObject({ code: "not_found", message: "There is no profile named ../keys?limit=1#." });
});

test("a service's own API is called with its credential, and bodies stream both ways", async () => {
  const { client, github } = await arrange();
  const body = ReadableStream.from([Buffer.from("one "), Buffer.from("two")]);

  const answer = await client.proxy("github", "/echo?a=b", { profile: "coder", method: "POST", body });
  const missing = await client.proxy("github", "missing", { profile: "coder" });

  expect(answer.headers.get("patchbay-integration")).toMatch(/^int_/);
  expect(await answer.json()).toMatchObject({ text: "one two", query: { a: "b" } });
  expect(missing.status).toBe(404);
  expect(github.exchanges.at(-1)?.headers["authorization"]).toContain(TOKEN);
});

test("the proxy's own refusals are thrown, and no path leads out of it", async () => {
  const { client, github } = await arrange();
  await client.grants.set({ profile: "coder", integration: "github", deny: ["GET /missing"] });
  const asked = github.exchanges.length;

  const failures = await Promise.all([
    failureOf(client.proxy("github", "/missing", { profile: "coder" })),
    failureOf(client.proxy("github", "/user")),
    failureOf(client.proxy("github", "/../../keys", { profile: "coder" })),
    failureOf(client.proxy("github", "/%2e%2e/%2E./keys", { profile: "coder" })),
    failureOf(client.proxy("..", "/keys", { profile: "coder" })),
  ]);

  expect(failures.map((failure) => (failure as HubError).code)).toEqual([
    "denied",
    "invalid_input",
    "address_refused",
    "address_refused",
    "address_refused",
  ]);
  expect(github.exchanges).toHaveLength(asked);
});

/** A fetch that loses the first answers. */
function losing(count: number, sent: Request[] = []): typeof fetch {
  let lost = 0;
  return async (input, init) => {
    sent.push(new Request(input, init));
    const answer = await fetch(input, init);
    if (lost++ < count) throw new TypeError("fetch failed");
    return answer;
  };
}

test("a POST whose answer was lost is repeated with its key, and runs once", async () => {
  const sent: Request[] = [];
  const client = await openClient(await openTestApi(), { fetch: losing(1, sent) });

  const { name } = await client.profiles.create({ name: "coder" });
  const { data: made } = await client.audit.list({ action: "profile.create" });

  const keys = sent.slice(0, 2).map(({ headers }) => headers.get("idempotency-key"));
  expect(name).toBe("coder");
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(made).toHaveLength(1);
});

test("each call has a key of its own, unless the program gives one", async () => {
  const client = await openClient(await openTestApi());

  const first = await client.profiles.create({ name: "one" }, { idempotencyKey: "mine" });
  const again = await client.profiles.create({ name: "one" }, { idempotencyKey: "mine" });
  const failure = await failureOf(client.profiles.create({ name: "one" }));

  expect(again).toEqual(first);
  expect(failure).toMatchObject({ code: "conflict" });
});

test("what changes or deletes something is not repeated, as nobody knows whether it took effect", async () => {
  const { api } = await arrange();
  const sent: Request[] = [];
  const client = await openClient(api, { fetch: losing(9, sent) });

  const failures = await Promise.all([
    failureOf(client.grants.set({ profile: "coder", integration: "github" })),
    failureOf(client.integrations.disconnect({ integration: "github" })),
  ]);

  expect(sent.map(({ method }) => method)).toEqual(["PATCH", "DELETE"]);
  expect(failures).toMatchObject([{ code: "unavailable", retryable: true }, { code: "unavailable" }]);
});

test("retries end, and can be switched off", async () => {
  const api = await openTestApi();
  const [thrice, once]: Request[][] = [[], []];
  const patient = await openClient(api, { fetch: losing(9, thrice) });
  const hasty = await openClient(api, { fetch: losing(9, once), retries: 0 });

  await Promise.all([failureOf(patient.profiles.list()), failureOf(hasty.profiles.list())]);

  expect([thrice?.length, once?.length]).toEqual([3, 1]);
});

const tooMany = { code: "rate_limited", detail: "Too many.", status: 429, details: { retryAfterMs: 20 } };

test("a hub that is busy is asked again after the time that it says, and a busy service is not", async () => {
  let asked = 0;
  const busy = await startService({
    "GET /v1/profiles": () => (++asked < 3 ? { status: 429, body: tooMany } : { data: [], next_cursor: null }),
    "GET /v1/integrations/slack/models": {
      status: 429,
      body: { ...tooMany, details: { ...tooMany.details, service: "slack" } },
    },
    "GET /v1/keys": { status: 429, body: { ...tooMany, details: { retryAfterMs: 3_600_000 } } },
  });
  const client = createClient({ url: busy.url, key: "pb_live_x" });

  const page = await client.profiles.list();
  const failures = [
    await failureOf(client.integrations.models({ integration: "slack" })),
    await failureOf(client.keys.list()),
  ];

  expect(page.data).toEqual([]);
  expect(failures).toMatchObject([{ code: "rate_limited" }, { code: "rate_limited" }]);
  expect(busy.exchanges.map(({ path }) => path)).toEqual([
    "/v1/profiles",
    "/v1/profiles",
    "/v1/profiles",
    "/v1/integrations/slack/models",
    "/v1/keys",
  ]);
});

test("a call can be given up, also while it waits to be repeated, and ends at its time", async () => {
  const silent = await startService({
    "GET /v1/profiles": ({ abandoned }) => abandoned,
    "GET /v1/keys": { status: 429, body: { ...tooMany, details: { retryAfterMs: 9_000 } } },
  });
  const client = createClient({ url: silent.url, key: "pb_live_x" });
  const gone = AbortSignal.abort();
  const stop = new AbortController();
  const waiting = failureOf(client.keys.list({}, { signal: stop.signal }));
  const asking = failureOf(client.profiles.list({}, { signal: stop.signal }));

  const late = await failureOf(client.profiles.list({}, { timeoutMs: 50 }));
  stop.abort();
  const failures = [await waiting, await asking, await failureOf(client.profiles.list({}, { signal: gone }))];

  expect(late).toMatchObject({ code: "timeout", message: `The hub at ${silent.url} did not answer in 50 ms.` });
  expect(failures).toMatchObject([{ code: "cancelled" }, { code: "cancelled" }, { code: "cancelled" }]);
});

test("what is no hub is told apart from a hub that fails", async () => {
  const other = await startService({
    "GET /v1/profiles": { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Welcome</h1>" },
    "GET /v1/keys": { status: 302, headers: { location: "https://sso.example/login" } },
    "GET /v1/audit": { status: 502, body: "Bad gateway" },
    "GET /v1/requests": { status: 418, body: { code: "brewing", detail: "It is a teapot.", hint: "Wait." } },
    "GET /v1/approvals": { status: 403, body: { code: "forbidden_by_moon", detail: "Not tonight." } },
  });
  const client = createClient({ url: `${other.url}/`, key: "pb_live_x", retries: 0 });

  const failures = await Promise.all([
    failureOf(client.profiles.list()),
    failureOf(client.keys.list()),
    failureOf(client.integrations.list()),
    failureOf(client.audit.list()),
    failureOf(client.requests.list()),
    failureOf(client.approvals.list()),
    failureOf(createClient({ url: "http://127.0.0.1:1", key: "pb_live_x", retries: 0 }).profiles.list()),
  ]);

  expect(failures).toMatchObject([
    { code: "not_found", message: `There is no hub at ${other.url}. What answers there is something else.` },
    { code: "not_found", message: expect.stringContaining("The address leads on to https://sso.example/login.") },
    { code: "not_found", message: expect.stringContaining("What answers there said 404.") },
    { code: "unavailable", message: expect.stringContaining("answered with the status 502") },
    { code: "invalid_input", message: "It is a teapot.", hint: "Wait." },
    { code: "not_granted", message: "Not tonight." },
    { code: "unavailable", message: expect.stringMatching(/^No hub answers at http:\/\/127\.0\.0\.1:1/) },
  ]);
});

test.each([
  ["an address that is none", { url: "127.0.0.1:7300" }, "invalid_input"],
  ["an address of another kind", { url: "ftp://127.0.0.1" }, "invalid_input"],
  ["an address with a password", { url: "http://me:sentinel@127.0.0.1" }, "invalid_input"],
  ["no key", { key: "" }, "unauthenticated"],
  ["a key of two lines", { key: "pb_live_sentinel\n" }, "unauthenticated"],
])("%s is refused at once, and not repeated", (_what, wrong, code) => {
  const open = () => createClient({ url: "http://127.0.0.1:7300", key: "pb_live_x", ...wrong });

  expect(open).toThrow(expect.objectContaining({ code, message: expect.not.stringContaining("sentinel") }));
});
