import { expect, test } from "vitest";
import { openTestHub, SLACK, startService, startSlack, type TestHub } from "#testing";
import type { Caller } from "../call/open-calls.ts";
import { setGrant } from "../access/grants.ts";
import { callTool, listAllTools } from "./call-tool.ts";
import { approve, deny } from "./requests.ts";

const startTelegram = () =>
  startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot222:bbb/getMe": { ok: true, result: { id: 222, is_bot: true, first_name: "Bot", username: "two_bot" } },
    "POST /bot111:aaa/sendMessage": { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } },
    "POST /bot222:bbb/sendMessage": { ok: true, result: { message_id: 6, date: 1, chat: { id: 8, type: "private" } } },
  });

/** Calls one of the hub's own tools as a profile and gives what it answered. */
async function use(hub: TestHub, caller: Caller, tool: string, input: object): Promise<Record<string, unknown>> {
  const signal = new AbortController().signal;
  const { data } = (await callTool(hub.hub.contextOf(caller, signal), { caller, tool, input, signal })) as {
    data: Record<string, unknown>;
  };
  return data;
}

const owner = ({ hub }: TestHub) => hub.contextOf(hub.owner, new AbortController().signal);

test("an agent asks for a service, asks again to no effect, and has it once the service is connected", async () => {
  const slack = await startSlack();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");

  const asked = await use(hub, caller, "mcp__integrations__request", { service: "slack", reason: "To report builds" });
  const again = await use(hub, caller, "mcp__integrations__request", { service: "slack", reason: "Please" });
  await hub.connect("slack", slack.url, SLACK);

  expect(asked).toEqual({ status: "requested", request: expect.stringMatching(/^req_/), service: "slack" });
  expect(again["request"]).toBe(asked["request"]);
  expect(await use(hub, caller, "mcp__integrations__status", {})).toMatchObject({
    profile: "coder",
    integrations: [{ service: "slack", enabled: true, status: "active" }],
    requests: [{ request: asked["request"], status: "approved" }],
  });
  expect(await use(hub, caller, "mcp__integrations__request", { service: "slack", reason: "More" })).toEqual({
    status: "granted",
    service: "slack",
  });
});

test("a request is approved from a connected account, and an agent is told why one was denied", async () => {
  const slack = await startSlack();
  const hub = await openTestHub();
  const [first, second] = [await hub.addProfile("first"), await hub.addProfile("second")];
  await hub.connect("slack", slack.url, SLACK);
  const ask = { service: "slack", reason: "To report" };
  const wanted = (await use(hub, first, "mcp__integrations__request", ask)) as { request: string };
  const unwanted = (await use(hub, second, "mcp__integrations__request", ask)) as { request: string };

  await approve.run({ request: wanted.request }, owner(hub));
  await deny.run({ request: unwanted.request, reason: "Use e-mail" }, owner(hub));

  expect(await hub.hub.calls.listTools(first.profileId)).not.toEqual([]);
  expect(await hub.hub.calls.listTools(second.profileId)).toEqual([]);
  expect(await use(hub, second, "mcp__integrations__status", {})).toMatchObject({
    requests: [{ status: "denied", answer: "Use e-mail" }],
  });
  await expect(approve.run({ request: unwanted.request }, owner(hub))).rejects.toMatchObject({ code: "conflict" });
});

test("an agent switches its own grant off and on, but what the owner switched off it has to ask for", async () => {
  const slack = await startSlack();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("slack", slack.url, SLACK);
  await hub.grant(caller, integration);
  const toggle = (enabled: boolean) => use(hub, caller, "mcp__integrations__toggle", { integration: "slack", enabled });
  const count = async () => (await hub.hub.calls.listTools(caller.profileId)).length;

  expect(await toggle(false)).toEqual({ status: "off", integrations: [integration.id] });
  expect(await count()).toBe(0);
  expect(await toggle(true)).toMatchObject({ status: "on" });
  expect(await count()).toBeGreaterThan(0);

  const key = { workspaceId: caller.workspaceId, profileId: caller.profileId, integrationId: integration.id };
  await setGrant(hub.hub, "cli", { ...key, enabled: false });
  expect(await toggle(true)).toMatchObject({ status: "requested" });
  expect(await count()).toBe(0);
});

test("an agent sees every service, and of each operation whether it may call it", async () => {
  const slack = await startSlack();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.grant(caller, await hub.connect("slack", slack.url, SLACK), { deny: ["create_channel"] });

  const listed = await use(hub, caller, "mcp__integrations__list", {});
  const inspected = await use(hub, caller, "mcp__integrations__inspect", { service: "slack" });

  expect(listed["services"]).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ service: "slack", state: "granted" }),
      expect.objectContaining({ service: "github", state: "not_granted" }),
    ]),
  );
  expect(inspected["operations"]).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ operation: "post_message", effect: "write", may: "allow" }),
      expect.objectContaining({ operation: "create_channel", may: "deny" }),
      expect.objectContaining({ operation: "delete_message", effect: "destructive", may: "ask" }),
    ]),
  );
});

test("a notification goes to the profile's channel, or to the account that is named", async () => {
  const [slack, telegram] = [await startSlack(), await startTelegram()];
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.connect("slack", slack.url, SLACK, { config: { notifyChannel: "C1" } });
  const one = await hub.connect(
    "telegram",
    telegram.url,
    { TELEGRAM_BOT_TOKEN: "111:aaa" },
    { config: { defaultChatId: "7" } },
  );

  const bare = await use(hub, caller, "mcp__notify__notify_user", { message: "Built", channel: "slack" });
  const named = await use(hub, caller, "mcp__notify__notify_user", { message: "Built", channel: `telegram:${one.id}` });
  const unsaid = await use(hub, caller, "mcp__notify__notify_user", { message: "Built" });
  await hub.hub.outbox.drain();

  expect(bare).toEqual({
    delivery: expect.stringMatching(/^dlv_/),
    channel: expect.stringMatching(/^slack:int_/),
    status: "accepted",
  });
  expect(named).toMatchObject({ channel: `telegram:${one.id}` });
  expect(unsaid["channel"]).toBe(bare["channel"]);
  expect(telegram.exchanges.at(-1)).toMatchObject({ body: { chat_id: "7", text: expect.stringContaining("Built") } });
});

test("an account that was neither granted nor named for notifications can't be used for them", async () => {
  const telegram = await startTelegram();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "111:aaa" }, { config: { defaultChatId: "7" } });
  const other = await hub.connect(
    "telegram",
    telegram.url,
    { TELEGRAM_BOT_TOKEN: "222:bbb" },
    { config: { defaultChatId: "8" } },
  );
  const notify = () => use(hub, caller, "mcp__notify__notify_user", { message: "Hi", channel: `telegram:${other.id}` });

  await expect(notify()).rejects.toMatchObject({ code: "not_granted" });
  await hub.grant(caller, other);
  expect(await notify()).toMatchObject({ channel: `telegram:${other.id}` });
});

test.each([
  ["github", "github"],
  ["a service nobody has", "pigeon"],
  ["an account nobody has", "telegram:int_01h455vb4pex5vsknk084sn02q"],
])("a notification through %s is refused with what there is", async (_, channel) => {
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");

  await expect(use(hub, caller, "mcp__notify__notify_user", { message: "Hi", channel })).rejects.toMatchObject({
    code: "not_found",
    hint: expect.stringContaining("telegram"),
  });
});

test("an approval is shown to the profile that needs it and to no other", async () => {
  const slack = await startSlack();
  const hub = await openTestHub();
  const [caller, other] = [await hub.addProfile("coder"), await hub.addProfile("other")];
  await hub.grant(caller, await hub.connect("slack", slack.url, SLACK), { ask: ["post_message"] });
  const { approval } = (await hub.call(caller, "mcp__slack__post_message", { channel: "C1", text: "hi" })) as {
    approval: string;
  };

  expect(await use(hub, caller, "mcp__integrations__approval", { approval })).toMatchObject({ status: "pending" });
  await expect(use(hub, other, "mcp__integrations__approval", { approval })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("a key without the scope to notify neither lists the tool for it nor may call it", async () => {
  const hub = await openTestHub();
  const caller = { ...(await hub.addProfile("coder")), scopes: ["tools"] as const };

  const names = (await listAllTools(hub.hub, caller)).map(({ name }) => name);

  expect(names).toContain("mcp__integrations__list");
  expect(names).not.toContain("mcp__notify__notify_user");
  await expect(use(hub, caller, "mcp__notify__notify_user", { message: "Hi" })).rejects.toMatchObject({ status: 403 });
});
