import { expect, onTestFinished, test } from "vitest";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { onPostgres, openTestApi, openTestHub, startService, type TestApi, type TestDatabase } from "#testing";
import { applyConfig } from "../src/apply-config.ts";
import { CLIENTS } from "./journeys/any-client.ts";

const GITHUB_TOKEN = "ghp_sentinel0123456789sentinel0123456789";
const MERGE = { name: "mcp__github__merge_pull_request", arguments: { owner: "acme", repo: "web", number: 3 } };

/** Two replicas of one hub, of which the first has a profile that was granted a GitHub. */
async function arrange(makeDatabase: () => Promise<TestDatabase>) {
  const github = await startService({
    "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" },
    "GET /repos/acme/web/issues": Array.from({ length: 100 }, (_, index) => describeIssue(index)),
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
  });
  onTestFinished(() => github[Symbol.asyncDispose]());
  const { url } = await makeDatabase();
  const replica = () =>
    openTestApi({ env: { PATCHBAY_DATABASE_URL: url }, file: { server: { limits: { resultTokens: 1_000 } } } });
  const [one, other] = [await replica(), await replica()];
  const caller = await one.hub.addProfile("coder");
  const integration = await one.hub.connect("github", github.url, { GITHUB_TOKEN });
  const key = await one.hub.addKey(caller);
  return {
    one,
    other,
    caller,
    integration,
    key,
    merges: () => github.exchanges.filter(({ method }) => method === "PUT").length,
  };
}

function describeIssue(index: number): object {
  return {
    number: index,
    title: `Issue ${index}`,
    state: "open",
    html_url: `https://github.com/acme/web/issues/${index}`,
    user: { login: "octocat" },
    labels: [],
    assignees: [],
    comments: 0,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
}

/** A client of protocol 2026-07-28 behind a balancer that sends each request to the next replica in turn. */
async function openBalanced(replicas: readonly TestApi[], key: string, answer: "accept" | "decline") {
  let turn = 0;
  const asked = new Set<string>();
  const client = new Client(
    { name: "balanced", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { elicitation: {} } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: answer, content: {} }));
  const transport = new StreamableHTTPClientTransport(new URL("http://hub/mcp"), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
    fetch(_url, init) {
      const url = replicas[turn++ % replicas.length]?.url ?? "";
      asked.add(url);
      return fetch(`${url}/mcp`, init);
    },
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, asked };
}

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "old", version: "1" } },
};

function post({ url }: TestApi, key: string, body: object, session?: string): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session !== undefined && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
    },
    body: JSON.stringify(body),
  });
}

await onPostgres((makeDatabase) => {
  test("a client of 2026-07-28 is served whichever replica each of its requests reaches", async () => {
    const { one, other, caller, integration, key, merges } = await arrange(makeDatabase);
    await one.hub.grant(caller, integration, { ask_whom: "user" });
    const { client, asked } = await openBalanced([one, other], key, "accept");

    const listed = (await client.listTools()).tools.map(({ name }) => name);
    const merged = [await client.callTool(MERGE), await client.callTool(MERGE)];

    expect(asked.size).toBe(2);
    expect(listed).toContain(MERGE.name);
    expect(merged).toMatchObject([{ structuredContent: { merged: true } }, { structuredContent: { merged: true } }]);
    expect(merges()).toBe(2);
  });

  test("a session of an older protocol is not known elsewhere, where its client initializes a new one", async () => {
    const { one, other, key } = await arrange(makeDatabase);
    const session = (await post(one, key, initialize)).headers.get("mcp-session-id") ?? "";
    const ping = { jsonrpc: "2.0", id: 2, method: "ping" };

    const lost = await post(other, key, ping, session);
    const again = await post(other, key, initialize);
    const found = await post(other, key, ping, again.headers.get("mcp-session-id") ?? "");

    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({ error: { code: -32_001 } });
    expect([again.status, found.status]).toEqual([200, 200]);
  });

  test.each(CLIENTS)("%s hears at one replica what an owner changes at another", async (_name, open) => {
    const { one, other, caller, integration, key } = await arrange(makeDatabase);
    let changes = 0;
    await open({ url: new URL(`${other.url}/mcp`), key }, () => changes++);

    await one.hub.grant(caller, integration);

    await expect.poll(() => changes).toBeGreaterThan(0);
  });

  test("a key that is revoked at one replica ends at the others", async () => {
    const { one, other } = await arrange(makeDatabase);
    const key = await one.addOwnerKey();
    const statusAt = async (replica: TestApi) => (await replica.send("GET /profiles", { key })).status;
    const before = [await statusAt(one), await statusAt(other)];

    const { data } = (await one.send("GET /keys", { key })).body as { data: { id: string }[] };
    await one.send(`DELETE /keys/${data.at(-1)?.id}`);

    expect(before).toEqual([200, 200]);
    await expect.poll(() => statusAt(other)).toBe(401);
    expect(await statusAt(one)).toBe(401);
  });

  test("a call that was approved at one replica runs once, at whichever it is made again", async () => {
    const { one, other, caller, integration, merges } = await arrange(makeDatabase);
    await one.hub.grant(caller, integration);

    const [waiting] = await Promise.all([one, other].map(({ hub }) => hub.call(caller, MERGE.name, MERGE.arguments)));
    const [approval, ...more] = await one.data<{ id: string }[]>("GET /approvals?status=pending");
    await one.data(`POST /approvals/${approval?.id}/approve`, { body: {} });
    const made = await Promise.all(
      [other, one, other, one].map(({ hub }) => hub.call(caller, MERGE.name, MERGE.arguments)),
    );

    expect(waiting?.status).toBe("approval_pending");
    expect(more).toEqual([]);
    expect(made.map(({ status }) => status).toSorted()).toEqual([
      "approval_pending",
      "approval_pending",
      "approval_pending",
      "done",
    ]);
    expect(merges()).toBe(1);
  });

  test("a request with an Idempotency-Key runs once, whichever replicas it reaches at once", async () => {
    const { one, other } = await arrange(makeDatabase);
    const key = await one.addOwnerKey();
    const create = (replica: TestApi) =>
      replica.send("POST /profiles", { key, body: { name: "writer" }, headers: { "idempotency-key": "once" } });

    const answers = await Promise.all([one, other, one, other].map(create));
    const late = await create(other);

    expect(answers.filter(({ status, headers }) => status === 201 && !headers.has("idempotent-replayed"))).toHaveLength(
      1,
    );
    expect(late.status).toBe(201);
    expect(late.headers.get("idempotent-replayed")).toBe("true");
  });

  test("a long result that one replica gave the first page of is read on at another", async () => {
    const { one, other, caller, integration } = await arrange(makeDatabase);
    await one.hub.grant(caller, integration);

    const result = await one.hub.call(caller, "mcp__github__list_issues", { owner: "acme", repo: "web" });
    const { page_handle, pages } = result.status === "paged" ? result.data : { page_handle: "", pages: 0 };
    const last = await other.hub.hub.calls.readPage(caller, page_handle, pages);

    expect(pages).toBeGreaterThan(1);
    expect(last).toMatchObject({ page: pages, page_handle });
  });

  test("replicas that start at once bring the store to what the config file says once", async () => {
    const service = await startService({ "POST /": { status: 204 } });
    onTestFinished(() => service[Symbol.asyncDispose]());
    const database = await makeDatabase();
    const env = { PATCHBAY_DATABASE_URL: database.url, HOOK_SECRET: `whsec_${"A".repeat(43)}=` };
    const credentials = { WEBHOOK_SECRET: "${env:HOOK_SECRET}" };
    const file = {
      integrations: [{ service: "webhook", baseUrl: service.url, credentials }],
      profiles: { coder: { grants: [{ integration: "webhook" }] } },
    };
    const hubs = await Promise.all([1, 2, 3].map(() => openTestHub({ env, file })));

    await Promise.all(hubs.map(({ hub }) => applyConfig(hub)));

    const { db } = await database.open();
    expect(await db.selectFrom("integrations").select("service").execute()).toEqual([{ service: "webhook" }]);
    expect(await db.selectFrom("profiles").select("name").execute()).toEqual([{ name: "coder" }]);
    expect(await db.selectFrom("grants").select("enabled").execute()).toEqual([{ enabled: 1 }]);
  });
});
