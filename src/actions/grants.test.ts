import { expect, test } from "vitest";
import { openTestHub, SLACK, startSlack, type TestHub } from "#testing";
import { list, replace, set } from "./grants.ts";

async function arrange() {
  const slack = await startSlack();
  const hub = await openTestHub();
  const coder = await hub.addProfile("coder");
  await hub.connect("slack", slack.url, SLACK);
  return { hub, coder, place: { profile: "coder", integration: "slack" } };
}

function contextOf({ hub }: TestHub, principal = hub.owner) {
  return hub.contextOf(principal, new AbortController().signal);
}

test("a change keeps what it does not name", async () => {
  const { hub, place } = await arrange();
  const owner = contextOf(hub);
  await set.run({ ...place, allow: ["post_message"], deny: ["delete_message"] }, owner);

  const off = await set.run({ ...place, enabled: false }, owner);
  const asking = await set.run({ ...place, ask: ["post_message"] }, owner);

  expect(off).toMatchObject({ enabled: false, policy: { allow: ["post_message"], deny: ["delete_message"] } });
  expect(asking).toMatchObject({
    enabled: false,
    policy: { allow: ["post_message"], deny: ["delete_message"], ask: ["post_message"] },
  });
});

test("a replacement keeps nothing: on, and every list that is not named is gone", async () => {
  const { hub, place } = await arrange();
  await set.run({ ...place, enabled: false, allow: ["post_message"], deny: ["delete_message"] }, contextOf(hub));

  const replaced = await replace.run({ ...place, enabled: true, ask: ["post_message"] }, contextOf(hub));

  expect(replaced).toMatchObject({ enabled: true, policy: { ask: ["post_message"] } });
  expect(Object.keys(replaced.policy)).toEqual(["ask"]);
});

test("a pattern that matches no operation is refused, and nothing changes", async () => {
  const { hub, place } = await arrange();

  const setting = set.run({ ...place, deny: ["post_mesage"] }, contextOf(hub));

  await expect(setting).rejects.toMatchObject({ code: "invalid_input", hint: expect.stringContaining("post_message") });
  expect(await list.run({ profile: "coder", limit: 50 }, contextOf(hub))).toEqual({ data: [], next_cursor: null });
});

test("a profile's key reads its own grants, by its name and by its id", async () => {
  const { hub, coder, place } = await arrange();
  await set.run(place, contextOf(hub));
  const asCoder = contextOf(hub, coder);

  const byName = await list.run({ profile: "coder", limit: 50 }, asCoder);
  const byId = await list.run({ profile: coder.profileId, limit: 50 }, asCoder);

  expect(byName.data).toMatchObject([{ profile: "coder", service: "slack", enabled: true }]);
  expect(byId).toEqual(byName);
});
