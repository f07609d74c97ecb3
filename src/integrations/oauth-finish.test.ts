import { expect, test } from "vitest";
import { siblingWorkspace } from "../access/workspaces.ts";
import { type FlowSetup, setUpFlow } from "../testing/set-up-flow.ts";
import { finishFlow } from "./oauth-finish.ts";

type Finish = Parameters<typeof finishFlow>[1];

/** Brings the service's answer as whoever began the flow, but for these. */
function finish(setup: FlowSetup, change: Partial<Finish> = {}, answer: Partial<Finish["answer"]> = {}) {
  const whole = { code: "code-1", state: setup.state, ...answer };
  return finishFlow(setup.parts, { ...setup.owner, service: "demo", ...change, answer: whole });
}

test("whoever began a flow brings its answer, and has the account with the label it is given then", async () => {
  await using setup = await setUpFlow();

  const { integration } = await finish(setup, { label: "work", version: "1.0.0" });

  expect(integration).toMatchObject({ service: "demo", label: "work", account_id: "ada", status: "active" });
  expect(await setup.readFlow()).toMatchObject({ status: "connected", integration: integration.id });
  expect(setup.service.exchanges[0]?.body).toMatchObject({ code: "code-1", code_verifier: expect.any(String) });
});

test("of an answer that is brought twice the second is refused", async () => {
  await using setup = await setUpFlow();
  const results = await Promise.allSettled([finish(setup), finish(setup)]);

  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  await expect(finish(setup)).rejects.toThrow("The service's answer was used already.");
  expect(await setup.kept()).toHaveLength(1);
});

test.each([
  ["with another key", { actor: "key_other" }, {}, "The flow was begun with another key."],
  ["with an unknown state", {}, { state: "made-up" }, "This hub has not asked for this answer."],
  ["for a version that is not there", { version: "9.9.9" }, {}, "Version 9.9.9 of the Demo connector"],
])("an answer %s is refused, and leaves the flow to whoever began it", async (_, change, answer, message) => {
  await using setup = await setUpFlow();

  await expect(finish(setup, change, answer)).rejects.toThrow(message);

  expect(await setup.kept()).toEqual([]);
  expect(setup.service.exchanges).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "pending" });
});

test("an answer in another workspace is one that nobody asked for", async () => {
  await using setup = await setUpFlow();
  const { id } = await siblingWorkspace(setup.parts.store, setup.owner.workspaceId, "test");

  await expect(finish(setup, { workspaceId: id })).rejects.toThrow("This hub has not asked for this answer.");

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "pending" });
});

test("an answer of another issuer, or with settings that there are not, ends the flow and connects nothing", async () => {
  await using foreign = await setUpFlow();
  await using odd = await setUpFlow();

  await expect(finish(foreign, {}, { iss: "https://evil.example" })).rejects.toThrow("it comes from another issuer");
  await expect(finish(odd, { config: { colour: "red" } })).rejects.toThrow(
    'The settings of Demo are wrong at "colour"',
  );

  expect([...(await foreign.kept()), ...(await odd.kept())]).toEqual([]);
  expect(await foreign.readFlow()).toMatchObject({ status: "failed" });
});

test("an answer that comes after ten minutes is refused", async () => {
  await using setup = await setUpFlow();
  await setup.parts.store.db.updateTable("oauth_flows").set({ expires_at: "2026-01-01T00:00:00.000Z" }).execute();

  await expect(finish(setup)).rejects.toThrow("The service's answer came too late.");

  expect(await setup.kept()).toEqual([]);
});
