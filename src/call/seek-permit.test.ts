import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import type { Caller } from "./open-calls.ts";
import type { ClientUser, ConsentNeeded } from "./seek-permit.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };
const INPUT = { owner: "acme", repo: "web", number: 3 };

/** A GitHub on which a profile may merge, if whoever the policy names approves. */
async function arrange(ask_whom: "owner" | "user") {
  const github = await startService({
    "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" },
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
    "PUT /repos/acme/web/pulls/4/merge": { sha: "def", merged: true, message: "merged" },
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  await hub.grant(caller, integration, { ask_whom });
  const merges = () => github.exchanges.filter(({ method }) => method === "PUT").map(({ path }) => path);
  return { hub, caller, integration, merges };
}

const merge = (hub: TestHub, caller: Caller, user?: ClientUser, input: object = INPUT) =>
  hub.hub.calls.call({
    caller,
    tool: "mcp__github__merge_pull_request",
    input,
    signal: new AbortController().signal,
    ...(user && { user }),
  });

const answer = (asked: unknown, isGiven: boolean): ClientUser => {
  const { question, binding } = asked as ConsentNeeded;
  return { answered: { approval: question.approval, binding, isGiven } };
};

test("where the user is enough, the call runs once its user has consented, and only once", async () => {
  const { hub, caller, merges } = await arrange("user");

  const asked = await merge(hub, caller, {});
  expect(asked).toMatchObject({
    status: "consent_needed",
    question: {
      profile: "coder",
      operation: "github.merge_pull_request",
      account: { label: "octocat" },
      argumentsPreview: expect.stringContaining('"number":3'),
    },
  });
  expect(merges()).toEqual([]);

  expect(await merge(hub, caller, answer(asked, true))).toMatchObject({ status: "done", data: { merged: true } });
  expect(await merge(hub, caller, answer(asked, true))).toMatchObject({ status: "consent_needed" });
  expect(merges()).toEqual(["/repos/acme/web/pulls/3/merge"]);
});

test("what its user refuses is refused, and put on record", async () => {
  const { hub, caller, merges } = await arrange("user");
  const asked = await merge(hub, caller, {});

  await expect(merge(hub, caller, answer(asked, false))).rejects.toMatchObject({
    code: "denied",
    message: "The user denied this call of github.merge_pull_request.",
  });

  const { question } = asked as ConsentNeeded;
  const entries = await hub.hub.audit.list({ workspaceId: hub.workspaceId, action: "approval.decline", limit: 5 });
  expect(entries).toMatchObject([
    { profile_id: caller.profileId, details: JSON.stringify({ approval: question.approval }) },
  ]);
  expect(merges()).toEqual([]);
});

test.each([
  ["other arguments", (caller: Caller) => caller, { ...INPUT, number: 4 }],
  ["another profile", (_: Caller, other: Caller) => other, INPUT],
])("consent is for no call of %s", async (_, choose, input) => {
  const { hub, caller, integration, merges } = await arrange("user");
  const other = await hub.addProfile("other");
  await hub.grant(other, integration, { ask_whom: "user" });
  const asked = await merge(hub, caller, {});

  const elsewhere = await merge(hub, choose(caller, other), answer(asked, true), input);

  expect(elsewhere).toMatchObject({ status: "consent_needed" });
  expect(merges()).toEqual([]);
});

test("a client that can't ask its user leaves the call to the owner", async () => {
  const { hub, caller, merges } = await arrange("user");

  expect(await merge(hub, caller)).toMatchObject({ status: "approval_pending" });
  expect(merges()).toEqual([]);
});

test("a user's consent is not enough where the owner is asked, also when that was changed in between", async () => {
  const { hub, caller, integration, merges } = await arrange("user");
  const asked = await merge(hub, caller, {});
  await hub.grant(caller, integration, { ask_whom: "owner" });

  expect(await merge(hub, caller, {})).toMatchObject({ status: "approval_pending" });
  expect(await merge(hub, caller, answer(asked, true))).toMatchObject({ status: "approval_pending" });
  expect(merges()).toEqual([]);
});

test("the address that a waiting call is told holds no token", async () => {
  const { hub, caller } = await arrange("owner");

  const { url, approval } = (await merge(hub, caller)) as { url: string; approval: string };

  expect(url).toMatch(new RegExp(`/approvals/${approval}$`));
});
