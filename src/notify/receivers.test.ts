import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { startService } from "#testing";
import { openTestOutbox, startReceiver, useOutbox } from "../testing/open-test-outbox.ts";
import { openTestHub } from "../testing/open-test-hub.ts";
import { findIntegration } from "../integrations/integrations.ts";
import type { IntegrationRow } from "../store/tables.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** So that nothing takes long that waits for an answer, and what is answered at once is never too late. */
const IMPATIENT = { file: { server: { limits: { callTimeoutMs: 2_000 } } } };
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

function drip(response: ServerResponse): void {
  const dripping = setInterval(() => response.write("."), 20);
  response.on("close", () => clearInterval(dripping));
}

test.each([
  ["resets", (response: ServerResponse) => response.destroy(), {}, "broke"],
  ["hangs", () => {}, IMPATIENT, "took too long to answer"],
  ["answers 500", (response: ServerResponse) => response.writeHead(500).end("<h1>No</h1>"), {}, "status 500"],
  ["answers 408", (response: ServerResponse) => response.writeHead(408).end(), {}, "status 408"],
  ["answers 425", (response: ServerResponse) => response.writeHead(425).end(), {}, "status 425"],
  ["drips bytes without end", (response: ServerResponse) => drip(response.writeHead(200)), IMPATIENT, "too long"],
])("a receiver that %s is tried again after five seconds", async (_, answer, options, said) => {
  const receiver = await startReceiver(answer);
  const { clock, say, pass, rows } = await openTestOutbox(receiver, options);

  await say("Built");
  await pass(0);

  const [row] = await rows();
  expect(row).toMatchObject({ status: "accepted", attempts: 1, reason: expect.stringContaining(said) });
  expect(Date.parse(row?.due_at ?? "") - clock.now).toBe(5 * SECOND_MS);
});

test.each([
  [400, "Webhook rejected the call: status 400."],
  [403, "Webhook rejected the call: status 403."],
  [422, "Webhook rejected the call: status 422."],
])("a receiver that refuses with %i is not tried again", async (status, reason) => {
  const receiver = await startReceiver((response) => response.writeHead(status).end());
  const { say, pass, rows } = await openTestOutbox(receiver);

  await say("Built");
  await pass(0);
  await pass(DAY_MS);

  expect(await rows()).toMatchObject([{ status: "dead", attempts: 1, reason }]);
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ["seconds", () => "90"],
  ["a date", () => new Date(Date.now() + 90_000).toUTCString()],
])("a receiver that limits requests is left alone for as long as it asks, in %s", async (_, after) => {
  const answers = [429, 204];
  const receiver = await startReceiver((response) =>
    response.writeHead(answers.shift() ?? 204, { "retry-after": after() }).end(),
  );
  const { clock, say, pass, rows } = await openTestOutbox(receiver);

  await say("Built");
  await pass(0);
  const [limited] = await rows();
  await pass(5 * SECOND_MS);
  const early = receiver.received.length;
  await pass(90 * SECOND_MS);

  expect(limited).toMatchObject({ status: "accepted", reason: expect.stringContaining("is limiting requests") });
  expect(Date.parse(limited?.due_at ?? "") - clock.now).toBeLessThan(0);
  expect(early).toBe(1);
  expect(await rows()).toMatchObject([{ status: "delivered", attempts: 2 }]);
});

test("a receiver that is gone gets nothing more, its owner hears of it, and so does whoever sends", async () => {
  const receiver = await startReceiver((response) => response.writeHead(410).end());
  const telegram = await startService({
    "POST /bot1:a/getMe": { ok: true, result: { id: 1, is_bot: true, first_name: "B", username: "b" } },
    "POST /bot1:a/sendMessage": { ok: true, result: { message_id: 5 } },
  });
  const hub = await openTestHub();
  const webhook = await hub.connect("webhook", receiver.url, { WEBHOOK_SECRET: SECRET });
  const credentials = { TELEGRAM_BOT_TOKEN: "1:a" };
  await hub.connect("telegram", telegram.url, credentials, { config: { defaultChatId: "7" } });
  const { outbox } = hub.hub;
  const notice = { message: "Built", urgency: "normal" } as const;
  const say = async () => {
    const integration = await findIntegration(hub.hub.store.db, hub.workspaceId, webhook.id);
    return outbox.accept({ integration, speaker: { actor: "hub", name: "Patchbay" }, notice });
  };

  await say();
  await outbox.drain();

  const [row] = await hub.hub.store.db.selectFrom("notifications").selectAll().orderBy("id").execute();
  expect(row).toMatchObject({ status: "dead", attempts: 1, reason: expect.stringContaining("wants no more events") });
  await expect(say()).rejects.toMatchObject({
    code: "reconnect_required",
    message: expect.stringMatching(/^webhook:127\.0\.0\.1:\d+ must be reconnected\. .*status 410/),
  });
  expect(telegram.exchanges.at(-1)).toMatchObject({ body: { text: expect.stringContaining("must be reconnected") } });
  expect(receiver.received).toHaveLength(1);
});

test("what leads to something that has expired is not sent any more", async () => {
  const receiver = await startReceiver((response) => response.writeHead(500).end());
  const { clock, say, pass, rows } = await openTestOutbox(receiver);
  const expiresAt = new Date(clock.now + MINUTE_MS).toISOString();
  const link = { label: "Decide", kind: "approvals", id: "apr_1", expiresAt } as const;

  await say("It waits", { link });
  await pass(0);
  const before = receiver.received.length;
  await pass(MINUTE_MS);

  expect(before).toBeGreaterThan(0);
  expect(receiver.received).toHaveLength(before);
  expect(await rows()).toMatchObject([{ status: "dead", reason: "What it is about has expired." }]);
});

test("what was answered in an unknown shape has most likely arrived, and is not said again", async () => {
  const telegram = await startService({
    "POST /bot1:a/getMe": { ok: true, result: { id: 1, is_bot: true, first_name: "B", username: "b" } },
    "POST /bot1:a/sendMessage": { ok: true, result: { text: "no id any more" } },
  });
  const hub = await openTestHub();
  const more = { config: { defaultChatId: "7" } };
  const account = await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "1:a" }, more);
  const { say, pass, rows } = await useOutbox(hub, account);

  await say("Built");
  await pass(0);
  await pass(DAY_MS);

  expect(await rows()).toMatchObject([{ status: "delivered", attempts: 1 }]);
  expect(telegram.exchanges.filter(({ path }) => path.endsWith("sendMessage"))).toHaveLength(1);
});

test("a channel that fails keeps no other waiting", async () => {
  const hanging = await startReceiver(() => {});
  const first = await openTestOutbox(hanging, IMPATIENT);
  const working = await startReceiver((response) => response.writeHead(204).end());
  const other = await first.hub.connect("webhook", working.url, { WEBHOOK_SECRET: SECRET }, { label: "other" });
  const speaker = { actor: "hub", name: "Patchbay" };

  for (let index = 0; index < 5; index += 1) await first.say(`Build ${index}`);
  await first.outbox.accept({ integration: other, speaker, notice: { message: "Hello", urgency: "normal" } });
  const draining = first.outbox.drain();
  await expect.poll(() => working.received.length).toBe(1);

  expect(hanging.received.length).toBeLessThan(5);
  await draining;
});

test("an account that was disconnected meanwhile, or taken from the profile, is told as the reason", async () => {
  const receiver = await startReceiver((response) => response.writeHead(204).end());
  const hub = await openTestHub();
  const older = await hub.connect("webhook", receiver.url, { WEBHOOK_SECRET: SECRET });
  const own = await hub.connect("webhook", receiver.url, { WEBHOOK_SECRET: SECRET }, { label: "own" });
  const { say, pass, rows } = await useOutbox(hub, own);
  await say("Built");
  await hub.hub.store.db.deleteFrom("grants").execute();
  await hub.hub.store.transaction((db) =>
    hub.hub.store.changes.record(db, { workspace_id: hub.workspaceId, profile_id: null }),
  );

  await pass(0);
  const speaker = { actor: "hub", name: "Patchbay" };
  await hub.hub.outbox.accept({ integration: older, speaker, notice: { message: "Hello", urgency: "normal" } });
  await hub.hub.store.db.updateTable("integrations").set({ status: "disconnected" }).execute();
  await hub.hub.outbox.drain();

  expect(await rows()).toMatchObject([
    { status: "dead", reason: "The profile may not use webhook:own any more." },
    { status: "dead", reason: expect.stringMatching(/^webhook:127\S+ is not connected any more\.$/) },
  ]);
  expect(receiver.received).toEqual([]);
});

/** An outbox, and what has the hub say something through any account of it. */
async function arrangeTrouble() {
  const receiver = await startReceiver((response) => response.writeHead(204).end());
  const { hub, outbox } = await openTestOutbox(receiver);
  const tell = (integration: IntegrationRow, message: string) =>
    outbox.accept({
      integration,
      speaker: { actor: "hub", name: "Patchbay" },
      notice: { message, urgency: "normal" },
    });
  return { hub, outbox, tell };
}

test("an account that asks to be left alone gets nothing else meanwhile, for up to a minute", async () => {
  const answers = [429];
  const receiver = await startReceiver((response) =>
    response.writeHead(answers.shift() ?? 204, { "retry-after": "3600" }).end(),
  );
  const { say, pass } = await openTestOutbox(receiver);
  await say("First");
  await pass(0);

  const sent: number[] = [];
  await say("Second");
  for (const ms of [0, MINUTE_MS - 1, 1, 60 * MINUTE_MS]) {
    await pass(ms);
    sent.push(receiver.received.length);
  }

  expect(sent).toEqual([1, 1, 2, 3]);
});

test("accounts that hang leave room for those that work, however much waits for them", async () => {
  const { hub, outbox, tell } = await arrangeTrouble();
  const failed = new Set<string>();
  const hanging: ServerResponse[] = [];
  const broken = await startReceiver((response) => {
    const account = response.req.url ?? "";
    if (failed.has(account)) return hanging.push(response);
    failed.add(account);
    return response.writeHead(400).end();
  });
  const working = await startReceiver((response) => response.writeHead(204).end());
  const accounts = Array.from({ length: 10 }, (_, index) => ({
    label: `broken ${index}`,
    url: `${broken.url}/${index}`,
  }));
  for (const { label, url } of accounts) {
    const account = await hub.connect("webhook", url, { WEBHOOK_SECRET: SECRET }, { label });
    for (let told = 0; told < 12; told += 1) await tell(account, `Build ${told}`);
  }
  const works = await hub.connect("webhook", working.url, { WEBHOOK_SECRET: SECRET }, { label: "works" });

  outbox.start();
  await expect.poll(() => failed.size).toBe(10);
  for (let told = 0; told < 5; told += 1) await tell(works, `Hello ${told}`);

  await expect.poll(() => working.received.length).toBe(5);
  expect(hanging.length).toBeLessThanOrEqual(4);
});
