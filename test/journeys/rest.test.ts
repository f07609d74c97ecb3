import { expect, test } from "vitest";
import { openTestApi, type TestApi } from "#testing";
import { GITHUB_TOKEN, startGithub } from "./start-github.ts";

const github = await startGithub();

const CONNECT = { service: "github", base_url: github.url, credentials: { GITHUB_TOKEN } };
const ISSUE = { owner: "octo", repo: "app", title: "Made over REST" };

/** A hub that reaches the emulator, with an agent's profile and its key. */
async function arrange() {
  const api = await openTestApi({ env: { PATCHBAY_ALLOW_PRIVATE_HOSTS: new URL(github.url).host } });
  const { id } = await api.data<{ id: string }>("POST /profiles", { body: { name: "coder" } });
  const { key } = await api.data<{ key: string }>("POST /keys", { body: { profile: "coder" } });
  return { api, profile: id, key };
}

function callCreateIssue(api: TestApi, key: string, headers: Readonly<Record<string, string>> = {}) {
  return api.send("POST /tools/mcp__github__create_issue/call", { key, body: { input: ISSUE }, headers });
}

test("an agent asks, an owner connects, and the agent opens an issue; the credential is in no answer", async () => {
  const { api, profile, key } = await arrange();
  const ask = { key, body: { service: "github", reason: "To file bugs" } };

  const asked = await api.send("POST /requests", ask);
  const connected = await api.send("POST /integrations", { body: CONNECT });
  const fate = await api.send("GET /requests", { key });
  const grants = await api.send(`GET /profiles/${profile}/grants`, { key });
  const tools = await api.send("GET /tools?service=github&limit=200", { key });
  const called = await callCreateIssue(api, key);
  const status = await api.send("GET /integrations/github/status", { key });
  const audit = await api.send("GET /audit?action=call.intent");
  const verdict = await api.send("GET /audit/verify");

  expect(asked).toMatchObject({ status: 201, body: { data: { status: "pending", profile_id: profile } } });
  expect(connected).toMatchObject({ status: 201, body: { data: { label: "octo", granted_to: ["coder"] } } });
  expect(fate.body).toMatchObject({ data: [{ status: "approved" }] });
  expect(grants.body).toMatchObject({ data: [{ service: "github", label: "octo", enabled: true }] });
  expect(tools.body).toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ name: "mcp__github__create_issue" })]),
  });
  expect(called).toMatchObject({
    status: 200,
    body: { data: { status: "done", data: { title: "Made over REST" }, account: { label: "octo" } } },
  });
  expect(status.body).toMatchObject({ data: { status: "active", profiles: [{ profile: "coder", enabled: true }] } });
  expect(audit.body).toMatchObject({ data: [{ operation: "github.create_issue", profile_id: profile }] });
  expect(verdict.body).toMatchObject({ data: { ok: true } });
  const answers = [asked, connected, fate, grants, tools, called, status, audit, verdict];
  expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain("sentinel");
});

test("a call that asks waits for the owner, and then runs once", async () => {
  const { api, key } = await arrange();
  await api.send("POST /integrations", { body: CONNECT });
  await api.send("PUT /profiles/coder/grants/github", { body: { ask: ["create_issue"] } });

  const waiting = await callCreateIssue(api, key);
  const { approval } = (waiting.body as { data: { approval: string } }).data;
  const seen = await api.send(`GET /approvals/${approval}`, { key });
  const forbidden = await api.send(`POST /approvals/${approval}/approve`, { key });
  const approved = await api.send(`POST /approvals/${approval}/approve`);
  const done = await callCreateIssue(api, key);
  const again = await callCreateIssue(api, key);

  expect(waiting).toMatchObject({
    status: 200,
    body: { data: { status: "approval_pending", url: expect.any(String) } },
  });
  expect(seen.body).toMatchObject({ data: { status: "pending", operation: "github.create_issue" } });
  expect([forbidden.status, approved.status]).toEqual([403, 200]);
  expect([done, again].map(({ body }) => (body as { data: { status: string } }).data.status)).toEqual([
    "done",
    "approval_pending",
  ]);
});

test("a call repeated with its Idempotency-Key does not reach the service again", async () => {
  const { api, key } = await arrange();
  await api.send("POST /integrations", { body: CONNECT });
  await api.send("PUT /profiles/coder/grants/github");
  const headers = { "idempotency-key": "6f1a3c1e-5d0b-4d0f-8a53-5f0a0e6b7c11" };

  const first = await callCreateIssue(api, key, headers);
  const again = await callCreateIssue(api, key, headers);
  const calls = await api.send("GET /audit?action=call.intent");

  expect(again).toMatchObject({ status: 200, body: first.body });
  expect((calls.body as { data: unknown[] }).data).toHaveLength(1);
});

test("what the owner denies, switches off or takes away ends for the agent at once", async () => {
  const { api, key } = await arrange();
  await api.send("POST /integrations", { body: CONNECT });
  await api.send("PUT /profiles/coder/grants/github");

  await api.send("PATCH /profiles/coder/grants/github", { body: { deny: ["create_issue"] } });
  const denied = await callCreateIssue(api, key);
  await api.send("PATCH /profiles/coder/grants/github", { body: { enabled: false } });
  const off = await callCreateIssue(api, key);
  await api.send("DELETE /profiles/coder/grants/github");
  const taken = await callCreateIssue(api, key);

  expect([denied, off, taken].map(({ body }) => (body as { code: string }).code)).toEqual([
    "denied",
    "not_granted",
    "not_granted",
  ]);
});

test("disconnecting ends everything the account was good for", async () => {
  const { api, key } = await arrange();
  const { id } = await api.data<{ id: string }>("POST /integrations", { body: CONNECT });
  await api.send(`PUT /profiles/coder/grants/${id}`);

  const gone = await api.send(`DELETE /integrations/${id}`);
  const answers = [
    await api.send(`GET /integrations/${id}`),
    await api.send("GET /integrations/github"),
    await callCreateIssue(api, key),
    await api.send(`DELETE /integrations/${id}`),
  ];

  expect(gone).toMatchObject({ status: 204, body: undefined });
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 403, 404]);
  expect(await api.hub.hub.store.db.selectFrom("credentials").selectAll().execute()).toEqual([]);
});

test("a service's refusal is a problem in which its words are marked as its own", async () => {
  const { api, key } = await arrange();
  await api.send("POST /integrations", { body: CONNECT });
  await api.send("PUT /profiles/coder/grants/github");

  const { status, body } = await api.send("POST /tools/mcp__github__create_issue/call", {
    key,
    body: { input: { ...ISSUE, repo: "nowhere" } },
  });

  expect(status).toBe(422);
  expect(body).toMatchObject({
    code: "service_rejected",
    details: { status: 404 },
    service_words: expect.any(String),
  });
});

test("a revoked key is refused on its next request", async () => {
  const { api, profile } = await arrange();
  const { id, key } = await api.data<{ id: string; key: string }>("POST /keys", { body: { profile } });
  const before = await api.send("GET /tools", { key });

  await api.send(`DELETE /keys/${id}`);
  const after = await api.send("GET /tools", { key });

  expect([before.status, after.status]).toEqual([200, 401]);
});
