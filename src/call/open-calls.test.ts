import { expect, test } from "vitest";
import { openTestHub, startService, type Service } from "#testing";
import { decideApproval } from "../access/approvals.ts";
import { setGrant } from "../access/grants.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };
const VIEWER = { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" };
const ISSUE = {
  number: 7,
  title: "T",
  state: "open",
  html_url: "https://github.com/acme/web/issues/7",
  user: { login: "octocat" },
  labels: [],
  assignees: [],
  comments: 0,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};
const REPOSITORY = { owner: "acme", repo: "web" };

/** A GitHub of two routes that remembers what it was asked. */
function startGithub(): Promise<Service> {
  return startService({
    "GET /user": VIEWER,
    "POST /repos/acme/web/issues": { status: 201, body: ISSUE },
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
  });
}

async function arrange() {
  const github = await startGithub();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  return { github, hub, caller, integration };
}

const auditOf = async ({ hub, workspaceId }: Awaited<ReturnType<typeof openTestHub>>) => {
  await hub.audit.flush();
  const rows = await hub.audit.list({ workspaceId, limit: 100 });
  return rows.toReversed().map(({ action, operation }) => (operation === null ? action : `${action} ${operation}`));
};

test("a granted call reaches the service once, and is on record before and after", async () => {
  const { github, hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  const result = await hub.call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" });

  expect(result).toMatchObject({
    status: "done",
    data: { number: 7 },
    account: { service: "github", label: "octocat", integration: integration.id },
  });
  expect(github.exchanges.filter(({ method }) => method === "POST")).toMatchObject([
    {
      path: "/repos/acme/web/issues",
      body: { title: "T" },
      headers: { authorization: `Bearer ${CREDENTIALS.GITHUB_TOKEN}` },
    },
  ]);
  expect(await auditOf(hub)).toEqual([
    "integration.connect",
    "grant.set",
    "call.intent github.create_issue",
    "call.outcome github.create_issue",
  ]);
});

test("a profile without a grant is refused, told how to ask, and put on record", async () => {
  const { github, hub, caller } = await arrange();

  await expect(hub.call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" })).rejects.toMatchObject({
    code: "not_granted",
    message: "The profile coder has not been granted github.",
    hint: expect.stringContaining("mcp__integrations__request"),
  });
  expect(github.exchanges.filter(({ method }) => method === "POST")).toEqual([]);
  expect(await auditOf(hub)).toContain("call.refused github.create_issue");
});

test("what is granted to one profile is not granted to another", async () => {
  const { hub, caller, integration } = await arrange();
  const other = await hub.addProfile("other");
  await hub.grant(caller, integration);

  expect(await hub.hub.calls.listTools(other.profileId)).toEqual([]);
  await expect(hub.call(other, "mcp__github__create_issue", { ...REPOSITORY, title: "T" })).rejects.toMatchObject({
    code: "not_granted",
  });
});

test("operations outside an allow list are neither listed nor callable", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration, { allow: ["create_issue"] });

  const names = (await hub.hub.calls.listTools(caller.profileId)).map(({ name }) => name);

  expect(names).toEqual(["mcp__github__create_issue"]);
  await expect(hub.call(caller, "mcp__github__list_issues", REPOSITORY)).rejects.toMatchObject({ code: "not_granted" });
});

test("a denied operation is refused by the policy", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration, { deny: ["create_*"] });

  await expect(hub.call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" })).rejects.toMatchObject({
    code: "denied",
  });
});

test("a destructive call waits for the owner, then runs once with exactly those arguments", async () => {
  const { github, hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);
  const input = { ...REPOSITORY, number: 3 };
  const merges = () => github.exchanges.filter(({ method }) => method === "PUT").length;

  const pending = await hub.call(caller, "mcp__github__merge_pull_request", input);
  expect(pending).toMatchObject({ status: "approval_pending", approval: expect.stringMatching(/^apr_/) });
  expect(merges()).toBe(0);

  const { approval } = pending as { approval: string };
  await decideApproval(hub.hub.store.db, hub.workspaceId, approval, "approved");
  expect(await hub.call(caller, "mcp__github__merge_pull_request", { ...input, number: 4 })).toMatchObject({
    status: "approval_pending",
  });
  expect(await hub.call(caller, "mcp__github__merge_pull_request", input)).toMatchObject({ status: "done" });
  expect(await hub.call(caller, "mcp__github__merge_pull_request", input)).toMatchObject({
    status: "approval_pending",
  });
  expect(merges()).toBe(1);
});

test("arguments are checked before anyone is asked to approve them", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  await expect(hub.call(caller, "mcp__github__merge_pull_request", REPOSITORY)).rejects.toMatchObject({
    code: "invalid_input",
  });
  expect(await auditOf(hub)).not.toContain("approval.request github.merge_pull_request");
});

test.each([
  ["a missing field", { owner: "acme", repo: "web" }, /title/],
  ["a wrong type", { ...REPOSITORY, title: 7 }, /title/],
  ["an unknown field", { ...REPOSITORY, title: "T", tittle: "T" }, /tittle/],
  ["a list", [1, 2], /./],
  ["text", "title", /./],
  ["null bytes and a huge title", { ...REPOSITORY, title: "x".repeat(1_000_000) }, /title/],
  ["deep nesting", { ...REPOSITORY, title: nest(10_000) }, /nested/],
])("%s is refused with its name, and nothing is sent", async (_, input, message) => {
  const { github, hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);

  await expect(hub.call(caller, "mcp__github__create_issue", input)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(message),
  });
  expect(github.exchanges.filter(({ method }) => method === "POST")).toEqual([]);
});

function nest(depth: number): unknown {
  let value: unknown = "core";
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

test("a grant that is switched off ends calls at once, and switched on it begins them again", async () => {
  const { hub, caller, integration } = await arrange();
  await hub.grant(caller, integration);
  const key = { workspaceId: caller.workspaceId, profileId: caller.profileId, integrationId: integration.id };
  const call = () => hub.call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" });
  await call();

  await setGrant(hub.hub, "test", { ...key, enabled: false });
  await expect(call()).rejects.toMatchObject({ code: "not_granted" });

  await setGrant(hub.hub, "test", { ...key, enabled: true });
  expect(await call()).toMatchObject({ status: "done" });
});

test("with two accounts of a service the agent must say which, and is never guessed for", async () => {
  const { github, hub, caller, integration } = await arrange();
  const work = await hub.connect(
    "github",
    github.url,
    { GITHUB_TOKEN: "ghp_work0123456789work0123456789work01" },
    { label: "work" },
  );
  await hub.grant(caller, integration);
  await hub.grant(caller, work);
  const input = { ...REPOSITORY, title: "T" };

  const [tool] = (await hub.hub.calls.listTools(caller.profileId)).filter(({ name }) => name.endsWith("create_issue"));
  const result = await hub.call(caller, "mcp__github__create_issue", { ...input, account: "work" });

  expect(tool?.inputSchema).toMatchObject({
    properties: { account: { enum: ["octocat", "work"] } },
    required: expect.arrayContaining(["account"]),
  });
  expect(result).toMatchObject({ account: { label: "work", integration: work.id } });
  expect(github.exchanges.at(-1)?.headers["authorization"]).toContain("ghp_work");
  await expect(hub.call(caller, "mcp__github__create_issue", input)).rejects.toMatchObject({
    code: "invalid_input",
    hint: "The accounts are octocat, work.",
  });
});

test("the credential is in no result, no error, no audit entry and not in the database's files", async () => {
  const token = CREDENTIALS.GITHUB_TOKEN;
  const github = await startService({
    "GET /user": VIEWER,
    "POST /repos/acme/web/issues": { status: 422, body: { message: `Bad token ${token} in Bearer ${token}` } },
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.grant(caller, await hub.connect("github", github.url, CREDENTIALS));

  const error = await hub
    .call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" })
    .catch((caught: unknown) => caught);

  expect(error).toMatchObject({ code: "service_rejected" });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token);
  expect(JSON.stringify(await hub.hub.audit.list({ workspaceId: hub.workspaceId, limit: 100 }))).not.toContain(token);
});

test("a result over the size limit is given in pages that together are the whole, to its own profile only", async () => {
  const { url } = await startGithub();
  const hub = await openTestHub({ file: { server: { limits: { resultTokens: 5 } } } });
  const [caller, other] = [await hub.addProfile("coder"), await hub.addProfile("other")];
  await hub.grant(caller, await hub.connect("github", url, CREDENTIALS));

  const first = await hub.call(caller, "mcp__github__create_issue", { ...REPOSITORY, title: "T" });
  expect(first).toMatchObject({ status: "paged", data: { page: 1, text: expect.stringMatching(/^.{20}$/) } });

  const { page_handle, pages } = (first as { data: { page_handle: string; pages: number } }).data;
  const numbers = Array.from({ length: pages }, (_, index) => index + 1);
  const texts = await Promise.all(numbers.map((number) => hub.hub.calls.readPage(caller, page_handle, number)));
  expect(JSON.parse(texts.map(({ text }) => text).join(""))).toMatchObject({ number: 7 });
  await expect(hub.hub.calls.readPage(caller, page_handle, pages + 1)).rejects.toMatchObject({ code: "invalid_input" });
  await expect(hub.hub.calls.readPage(other, page_handle, 1)).rejects.toMatchObject({ code: "not_found" });
});

/** A hub with operations that answer with blocks, and a limit that two lines of text are over. */
async function arrangeContents() {
  const file = { server: { limits: { resultTokens: 20 } } };
  const hub = await openTestHub({ env: { PATCHBAY_CONFORMANCE: "1" }, file });
  const caller = await hub.addProfile("coder");
  await hub.grant(caller, await hub.connect("conformance", "https://conformance.invalid", {}));
  return { hub, caller };
}

test("an image is shown as it is, however many characters it has", async () => {
  const { hub, caller } = await arrangeContents();

  const result = await hub.call(caller, "mcp__conformance__test_image_content", {});

  const image = { type: "image", data: expect.stringMatching(/^iVBOR[\w+/=]{80,}$/), mimeType: "image/png" };
  expect(result).toMatchObject({ status: "contents", data: { content: [image] } });
});

test("a document that is too long to be shown is given in pages", async () => {
  const { hub, caller } = await arrangeContents();

  const result = await hub.call(caller, "mcp__conformance__test_embedded_resource", {});

  expect(result).toMatchObject({ status: "paged", data: { page: 1, pages: 2 } });
});
