import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { decideApproval } from "../access/approvals.ts";
import { setGrant } from "../access/grants.ts";
import type { Policy } from "../access/policy.ts";
import type { Caller } from "./open-calls.ts";
import type { ProxyCall, ProxyResult } from "./proxy.ts";

const TOKEN = "ghp_sentinel0123456789sentinel0123456789";
const VIEWER = { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" };

async function arrange({ maxBodyBytes = 1000 } = {}) {
  const github = await startService({
    "GET /user": VIEWER,
    "GET /repos/acme/web": { name: "web", secret: TOKEN },
    "HEAD /repos/acme/web": { status: 200 },
    "POST /repos/acme/web/issues": { status: 201, body: { number: 7 } },
    "POST /graphql": { data: {} },
    "DELETE /repos/acme/web": { status: 204 },
  });
  const hub = await openTestHub({ file: { server: { limits: { maxBodyBytes } } } });
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, { GITHUB_TOKEN: TOKEN });
  const sent = () => github.exchanges.filter(({ path }) => path !== "/user");
  return { github, hub, caller, integration, sent };
}

function proxy({ hub }: TestHub, caller: Caller, line: string, more: Partial<ProxyCall> = {}): Promise<ProxyResult> {
  const [method = "", target = ""] = line.split(/ (.*)/s);
  const signal = new AbortController().signal;
  return hub.calls.proxy({ caller, integration: "github", method, target, headers: [], signal, ...more });
}

async function readAnswer(result: ProxyResult): Promise<string> {
  return result.status === "answered" ? text(result.answer.body ?? ReadableStream.from([])) : result.status;
}

const auditOf = async ({ hub, workspaceId }: TestHub) => {
  await hub.audit.flush();
  const rows = await hub.audit.list({ workspaceId, limit: 100 });
  return rows
    .toReversed()
    .filter(({ operation }) => operation !== null)
    .map(({ action, operation, details }) => ({ action, operation, ...(JSON.parse(details) as object) }));
};

const streamOf = (body: string) => ReadableStream.from([Buffer.from(body)]);

test("a call is passed on as the account that was granted, and is on record before and after", async () => {
  const { hub, caller, integration, sent } = await arrange();
  await hub.grant(caller, integration);

  const result = await proxy(hub, caller, "GET /repos/acme/web?page=2");

  expect(result).toMatchObject({
    status: "answered",
    answer: { status: 200 },
    account: { service: "github", label: "octocat", integration: integration.id },
  });
  expect(await readAnswer(result)).toBe('{"name":"web","secret":"[redacted]"}');
  expect(sent()).toMatchObject([
    { query: { page: "2" }, headers: { authorization: `Bearer ${TOKEN}`, "x-github-api-version": "2022-11-28" } },
  ]);
  const intent = { operation: "github GET /repos/acme/web", call: expect.stringMatching(/^call_/) };
  expect(await auditOf(hub)).toMatchObject([
    { action: "call.intent", ...intent },
    { action: "call.outcome", ...intent, status: "done", httpStatus: 200, bytes: 36 },
  ]);
});

test.each(["id", "service", "service and label", "service and label in capitals", "service and id"])(
  "an integration is named by %s",
  async (how) => {
    const { hub, caller, integration } = await arrange();
    await hub.grant(caller, integration);
    const names = {
      id: integration.id,
      service: "github",
      "service and label": "github:octocat",
      "service and label in capitals": "github:OctoCat",
      "service and id": `github:${integration.id}`,
    };

    const result = await proxy(hub, caller, "GET /repos/acme/web", { integration: names[how as keyof typeof names] });

    expect(result.status).toBe("answered");
  },
);

test.each(["github", "slack", "int_01kaznq7tafm5v2rr3hvj4zcwx", "nothing", ""])(
  "%j, which was not granted, is refused in the same words whether it exists or not",
  async (integration) => {
    const { hub, caller, sent } = await arrange();

    const calling = proxy(hub, caller, "GET /repos/acme/web", { integration });

    await expect(calling).rejects.toMatchObject({
      code: "not_granted",
      message: `The profile coder has not been granted ${integration}.`,
    });
    expect(sent()).toEqual([]);
    expect(await auditOf(hub)).toMatchObject([
      { action: "call.refused", operation: `${integration} GET /repos/acme/web`, code: "not_granted" },
    ]);
  },
);

test("what is granted to one profile is not granted to another, by no name", async () => {
  const { hub, caller, integration, sent } = await arrange();
  const other = await hub.addProfile("other");
  await hub.grant(caller, integration);

  const calls = ["github", integration.id, "github:octocat"].map((name) =>
    proxy(hub, other, "GET /repos/acme/web", { integration: name }),
  );

  expect(await Promise.allSettled(calls)).toMatchObject(
    Array.from({ length: 3 }, () => ({ status: "rejected", reason: { code: "not_granted" } })),
  );
  expect(sent()).toEqual([]);
});

test("of two accounts one must be named, also when the other is switched off", async () => {
  const { github, hub, caller, integration } = await arrange();
  const second = await hub.connect("github", github.url, { GITHUB_TOKEN: `${TOKEN}2` }, { label: "second" });
  await hub.grant(caller, integration);
  await hub.grant(caller, second);
  const off = { workspaceId: hub.workspaceId, profileId: caller.profileId, integrationId: second.id };
  const ambiguous = { code: "conflict", hint: expect.stringContaining("github:second") };

  await expect(proxy(hub, caller, "GET /repos/acme/web")).rejects.toMatchObject(ambiguous);
  await setGrant(hub.hub, "test", { ...off, paused: true });

  await expect(proxy(hub, caller, "GET /repos/acme/web")).rejects.toMatchObject(ambiguous);
  const named = proxy(hub, caller, "GET /repos/acme/web", { integration: "github:second" });
  await expect(named).rejects.toMatchObject({ code: "not_granted", message: /switched off/ });
});

test.each<[string, Policy, string, string]>([
  ["outside an allow list", { allow: ["list_issues"] }, "GET /repos/acme/web", "not_granted"],
  ["outside the paths of an allow list", { allow: ["GET /repos/acme/web"] }, "GET /user/keys", "not_granted"],
  ["of a denied path", { deny: ["* /repos/acme/*"] }, "GET /Repos/ACME%2Fweb", "denied"],
  ["of a denied GET", { deny: ["GET *"] }, "HEAD /repos/acme/web", "denied"],
  ["to elsewhere", {}, "GET /repos/../user", "address_refused"],
  ["to another host", {}, "GET //evil.example/x", "address_refused"],
])("a call %s is refused and on record", async (_what, policy, line, code) => {
  const { hub, caller, integration, sent } = await arrange();
  await hub.grant(caller, integration, policy);

  await expect(proxy(hub, caller, line)).rejects.toMatchObject({ code });

  expect(sent()).toEqual([]);
  expect(await auditOf(hub)).toMatchObject([{ action: "call.refused", code }]);
});

test("an absolute address is no path", async () => {
  const { hub, caller, integration, sent } = await arrange();
  await hub.grant(caller, integration);

  await expect(proxy(hub, caller, "GET https://evil.example/")).rejects.toMatchObject({ code: "invalid_input" });
  expect(sent()).toEqual([]);
});

test("a HEAD is allowed by what allows a GET", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration, { allow: ["GET /repos/*"] });

  const result = await proxy(hub, caller, "HEAD /repos/acme/web");

  expect(result).toMatchObject({ status: "answered", answer: { status: 200, body: null } });
});

test("a destructive call waits for the owner, then runs once, exactly so", async () => {
  const { hub, caller, integration, sent } = await arrange();
  await hub.grant(caller, integration);
  const { db } = hub.hub.store;

  const pending = await proxy(hub, caller, "DELETE /repos/acme/web");
  const again = await proxy(hub, caller, "DELETE /repos/acme/web");
  expect(pending).toMatchObject({ status: "approval_pending", url: expect.stringContaining("apr_") });
  expect(again).toMatchObject({ approval: (pending as { approval: string }).approval });
  await decideApproval(db, hub.workspaceId, (pending as { approval: string }).approval, "approved");

  const others = await Promise.all([
    proxy(hub, caller, "DELETE /repos/acme/web?force=1"),
    proxy(hub, caller, "DELETE /repos/acme/web/"),
    proxy(hub, caller, "DELETE /repos/acme/web", { body: streamOf("x") }),
    proxy(hub, caller, "DELETE /repos/acme/web", { headers: [["if-match", "1"]] }),
  ]);
  expect(others.map(({ status }) => status)).toEqual(Array.from(others, () => "approval_pending"));
  expect(sent()).toEqual([]);
  const traced = {
    headers: [
      ["User-Agent", "other/2"],
      ["traceparent", "00-1"],
    ] as const,
  };
  expect(await proxy(hub, caller, "DELETE /repos/acme/web", traced)).toMatchObject({ answer: { status: 204 } });
  expect(await proxy(hub, caller, "DELETE /repos/acme/web")).toMatchObject({ status: "approval_pending" });
  expect(sent()).toHaveLength(1);
});

test("what must be approved is shown to the owner, body and all, and sent as it was approved", async () => {
  const { hub, caller, integration, sent } = await arrange();
  await hub.grant(caller, integration, { ask: ["POST /repos/*"] });
  const call = () =>
    proxy(hub, caller, "POST /repos/acme/web/issues?a=b", {
      headers: [
        ["content-type", "application/json"],
        ["authorization", "Bearer caller"],
      ],
      body: streamOf('{"title":"T"}'),
      bodyBytes: 13,
    });

  const pending = await call();
  const { approval } = pending as { approval: string };
  const row = await hub.hub.store.db.selectFrom("approvals").selectAll().executeTakeFirstOrThrow();
  await decideApproval(hub.hub.store.db, hub.workspaceId, approval, "approved");
  const result = await call();

  expect(row.operation).toBe("github POST /repos/acme/web/issues");
  expect(JSON.parse(row.arguments_preview)).toEqual({
    method: "POST",
    path: "/repos/acme/web/issues?a=b",
    headers: { "content-type": "application/json" },
    body: { bytes: 13, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), text: '{"title":"T"}' },
  });
  expect(await readAnswer(result)).toBe('{"number":7}');
  expect(sent()).toMatchObject([{ body: { title: "T" }, headers: { "content-length": "13" } }]);
});

test("a body that must be approved is read no further than the limit", async () => {
  const { hub, caller, integration } = await arrange({ maxBodyBytes: 200 });
  await hub.grant(caller, integration, { ask: ["POST *"] });
  const body = ReadableStream.from([Buffer.alloc(150), Buffer.alloc(150), new Error("read too far")]) as ReadableStream;

  await expect(proxy(hub, caller, "POST /x", { body })).rejects.toMatchObject({ code: "too_large" });
});

test("a body that says it is too large is not read, and the call not put on record as one", async () => {
  const { hub, caller, integration } = await arrange({ maxBodyBytes: 200 });
  await hub.grant(caller, integration);

  const calling = proxy(hub, caller, "POST /x", { body: streamOf("x"), bodyBytes: 201 });

  await expect(calling).rejects.toMatchObject({ code: "too_large" });
  expect(await auditOf(hub)).toEqual([]);
});

test.each(["POST /graphql", "POST /graphql/", "POST /api/GraphQL"])(
  "%s waits for the owner, since nothing but its body says what it does",
  async (line) => {
    const { hub, caller, integration } = await arrange();
    await hub.grant(caller, integration);

    expect(await proxy(hub, caller, line, { body: streamOf("{}") })).toMatchObject({ status: "approval_pending" });
  },
);

test("each call waits where the service's methods say nothing of what a call does", async () => {
  const { hub, caller } = await arrange();
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1" } });
  const integration = await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-0123456789-abcdef" });
  await hub.grant(caller, integration);

  const result = await proxy(hub, caller, "GET /chat.delete?channel=C1&ts=1", { integration: "slack" });

  expect(result.status).toBe("approval_pending");
});

test.each(["GET", "HEAD"])("a %s with a body is refused", async (method) => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  const calling = proxy(hub, caller, `${method} /repos/acme/web`, { body: streamOf("x") });

  await expect(calling).rejects.toMatchObject({ code: "invalid_input", message: `A ${method} has no body.` });
});

test.each(["CONNECT", "TRACE", "TRACK", "BREW"])("the method %s is refused", async (method) => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  await expect(proxy(hub, caller, `${method} /`)).rejects.toMatchObject({ code: "method_not_allowed" });
});

test("a service that can't be reached is on record as a failure", async () => {
  const { github, hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);
  await github[Symbol.asyncDispose]();

  await expect(proxy(hub, caller, "GET /repos/acme/web")).rejects.toMatchObject({ code: "unavailable" });

  expect(await auditOf(hub)).toMatchObject([
    { action: "call.intent" },
    { action: "call.outcome", status: "failed", code: "unavailable" },
  ]);
});

test("an answer that its caller gives up is on record as given up", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  const result = await proxy(hub, caller, "GET /repos/acme/web");
  await (result.status === "answered" && result.answer.body?.cancel());

  expect(await auditOf(hub)).toMatchObject([
    { action: "call.intent" },
    { action: "call.outcome", status: "failed", code: "cancelled", httpStatus: 200 },
  ]);
});

test("a token in a path is not on record", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  await readAnswer(await proxy(hub, caller, `GET /x/${TOKEN}/y?t=${TOKEN}`));

  expect((await auditOf(hub)).map(({ operation }) => operation)).toEqual(
    Array.from({ length: 2 }, () => "github GET /x/[redacted]/y"),
  );
});
