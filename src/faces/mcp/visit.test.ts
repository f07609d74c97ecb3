import { expect, test } from "vitest";
import { openTestHub } from "#testing";
import type { Caller } from "../../call/open-calls.ts";
import { openWire } from "../../testing/open-wire.ts";

const WISH = { service: "slack", reason: "To report builds" };

/** An agent whose client opens addresses, and another agent of the same kind. */
async function arrange() {
  const hub = await openTestHub();
  const caller = { ...(await hub.addProfile("coder")), actor: "key_coder" };
  const other = { ...(await hub.addProfile("other")), actor: "key_other" };
  const send = openWire(hub.hub);
  const call = (as: Caller, round: object = {}) =>
    send(as, {
      tool: "mcp__integrations__connect",
      input: WISH,
      capabilities: { elicitation: { url: {} } },
      ...round,
    });
  return { call, caller, other };
}

const decline = { visit: { action: "decline" } };

test("a client that opens addresses is given the page's, without a secret in it, and then the answer", async () => {
  const { call, caller } = await arrange();

  const asked = await call(caller);
  const answered = await call(caller, { inputResponses: decline, requestState: asked["requestState"] });

  expect(asked).toMatchObject({
    resultType: "input_required",
    inputRequests: {
      visit: {
        method: "elicitation/create",
        params: { mode: "url", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/requests\/req_\w{26}$/) },
      },
    },
    requestState: expect.any(String),
  });
  expect(answered).toMatchObject({ structuredContent: { status: "requested", service: "slack" } });
});

test.each([
  ["nothing", {}],
  ["forms, which it does not say", { elicitation: {} }],
  ["forms only", { elicitation: { form: {} } }],
])("a client that can show %s is given the link in the answer", async (_, capabilities) => {
  const { call, caller } = await arrange();

  expect(await call(caller, { capabilities })).toMatchObject({
    structuredContent: { status: "requested", url: expect.stringContaining("/requests/req_") },
  });
});

test("an answer to another call, or to no question, shows the way again", async () => {
  const { call, caller } = await arrange();
  const { requestState } = await call(caller);

  const other = await call(caller, { input: { service: "github" }, inputResponses: decline, requestState });
  const unasked = await call(caller, { inputResponses: decline });

  expect([other, unasked]).toMatchObject([{ resultType: "input_required" }, { resultType: "input_required" }]);
});

test("state of another profile is refused", async () => {
  const { call, caller, other } = await arrange();
  const { requestState } = await call(caller);

  expect(await call(other, { inputResponses: decline, requestState })).toMatchObject({ code: -32602 });
});
