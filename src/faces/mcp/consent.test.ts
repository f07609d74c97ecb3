import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import type { Caller } from "../../call/open-calls.ts";
import { openWire } from "../../testing/open-wire.ts";

const INPUT = { owner: "acme", repo: "web", number: 3 };
const TOOL = "mcp__github__merge_pull_request";

/** An agent whose merges its user may allow, and another agent of the same kind. */
async function arrange() {
  const github = await startService({
    "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" },
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
    "PUT /repos/acme/web/pulls/4/merge": { sha: "def", merged: true, message: "merged" },
  });
  const hub = await openTestHub();
  const caller = { ...(await hub.addProfile("coder")), actor: "key_coder" };
  const other = { ...(await hub.addProfile("other")), actor: "key_other" };
  const integration = await hub.connect("github", github.url, {
    GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789",
  });
  await hub.grant(caller, integration, { ask_whom: "user" });
  await hub.grant(other, integration, { ask_whom: "user" });
  const merges = () => github.exchanges.filter(({ method }) => method === "PUT").length;
  const send = openWire(hub.hub);
  const call = (as: Caller, round: object = {}) =>
    send(as, { tool: TOOL, input: INPUT, capabilities: { elicitation: {} }, ...round });
  return { call, caller, other, merges };
}

const accept = { consent: { action: "accept", content: {} } };

test("a call that asks its user is answered with a form and state, and run with the answer to it", async () => {
  const { call, caller, merges } = await arrange();

  const asked = await call(caller);
  const run = await call(caller, { inputResponses: accept, requestState: asked["requestState"] });

  expect(asked).toMatchObject({
    resultType: "input_required",
    inputRequests: {
      consent: {
        method: "elicitation/create",
        params: {
          message: expect.stringContaining("coder wants to run github.merge_pull_request"),
          requestedSchema: { type: "object", properties: {} },
        },
      },
    },
    requestState: expect.any(String),
  });
  expect(run).toMatchObject({ structuredContent: { merged: true } });
  expect(merges()).toBe(1);
});

test("a user who is not shown all of a long call is told so", async () => {
  const { call, caller } = await arrange();

  const asked = await call(caller, { input: { ...INPUT, commit_message: "All is well. ".repeat(500) } });

  expect(JSON.stringify(asked)).toContain("…\\n\\nThis is not all that it would send.");
  expect(JSON.stringify(await call(caller))).not.toContain("This is not all");
});

test("state is used once: who sends it again is asked again", async () => {
  const { call, caller, merges } = await arrange();
  const { requestState } = await call(caller);
  await call(caller, { inputResponses: accept, requestState });

  const again = await call(caller, { inputResponses: accept, requestState });

  expect(again).toMatchObject({ resultType: "input_required" });
  expect(again["requestState"]).not.toBe(requestState);
  expect(merges()).toBe(1);
});

test("an answer to another call, or to no question, asks", async () => {
  const { call, caller, merges } = await arrange();
  const { requestState } = await call(caller);

  const other = await call(caller, { input: { ...INPUT, number: 4 }, inputResponses: accept, requestState });
  const unasked = await call(caller, { inputResponses: accept });

  expect([other, unasked]).toMatchObject([{ resultType: "input_required" }, { resultType: "input_required" }]);
  expect(merges()).toBe(0);
});

test("state that was changed, or is another profile's, is refused", async () => {
  const { call, caller, other, merges } = await arrange();
  const { requestState } = await call(caller);
  const [version, body = "", signature] = String(requestState).split(".");
  const forged = Buffer.from(
    Buffer.from(body, "base64url")
      .toString()
      .replace(/"exp":\d+/, '"exp":9999999999'),
  );

  const changed = [version, forged.toString("base64url"), signature].join(".");
  const refusals = [
    await call(caller, { inputResponses: accept, requestState: changed }),
    await call(other, { inputResponses: accept, requestState }),
  ];

  expect(refusals).toMatchObject([{ code: -32602 }, { code: -32602 }]);
  expect(merges()).toBe(0);
});

test.each([
  ["nothing", {}],
  ["addresses only", { elicitation: { url: {} } }],
])("a client that can show %s leaves the call to the owner", async (_, capabilities) => {
  const { call, caller } = await arrange();

  expect(await call(caller, { capabilities })).toMatchObject({ structuredContent: { status: "approval_pending" } });
});

test.each([
  ["forms", { elicitation: { form: {} } }],
  ["forms and addresses", { elicitation: { form: {}, url: {} } }],
])("a client that can show %s asks its user", async (_, capabilities) => {
  const { call, caller } = await arrange();

  expect(await call(caller, { capabilities })).toMatchObject({ resultType: "input_required" });
});
