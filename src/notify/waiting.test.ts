import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { openTestOutbox, startReceiver, useOutbox } from "../testing/open-test-outbox.ts";
import { setQuietHours } from "./quiet-hours.ts";

const NIGHT = { start: "09:00", end: "12:00", timezone: "UTC" };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TWO_A_MINUTE = { parts: { perMinute: 2 } };

const startQuickly = () => startReceiver((response) => response.writeHead(204).end());

/** A person's channel, and what that person has read. */
async function openTelegram(perMinute: number) {
  const telegram = await startService({
    "POST /bot1:a/getMe": { ok: true, result: { id: 1, is_bot: true, first_name: "B", username: "b" } },
    "POST /bot1:a/sendMessage": { ok: true, result: { message_id: 5 } },
  });
  const hub = await openTestHub();
  const more = { config: { defaultChatId: "7" } };
  const account = await hub.connect("telegram", telegram.url, { TELEGRAM_BOT_TOKEN: "1:a" }, more);
  const read = () =>
    telegram.exchanges.filter(({ path }) => path.endsWith("sendMessage")).map(({ body }) => (body as Text).text);
  return { telegram, read, ...(await useOutbox(hub, account, { perMinute })) };
}

interface Text {
  readonly text: string;
}

test("what is more than an account may carry in a minute waits, and all of it arrives", async () => {
  const receiver = await startQuickly();
  const { say, pass, rows } = await openTestOutbox(receiver, TWO_A_MINUTE);
  for (let index = 0; index < 5; index += 1) await say(`Build ${index}`);

  const arrived: number[] = [];
  for (const ms of [0, MINUTE_MS - 1, 1, MINUTE_MS]) {
    await pass(ms);
    arrived.push(receiver.received.length);
  }

  expect(arrived).toEqual([2, 2, 4, 5]);
  expect((await rows()).map(({ deferred, digest_id }) => [deferred, digest_id])).toEqual(
    Array.from({ length: 5 }, () => [0, null]),
  );
});

test("what is urgent does not wait behind what is not", async () => {
  const receiver = await startQuickly();
  const { say, pass } = await openTestOutbox(receiver, TWO_A_MINUTE);
  for (let index = 0; index < 3; index += 1) await say(`Build ${index}`);

  await say("It burns", { urgency: "high" });
  await pass(0);

  expect(receiver.received.map(({ message }) => message).toSorted()).toEqual(["Build 0", "Build 1", "It burns"]);
});

test("a person is told together what waited, each exactly once, and every delivery says so", async () => {
  const { say, pass, read, rows } = await openTelegram(2);
  for (let index = 0; index < 6; index += 1) await say(`Build ${index}`, index === 3 ? { title: "Red" } : {});

  await pass(0);
  const [first = "", second = "", ...early] = read();
  await pass(MINUTE_MS);
  const [, , digest] = read();

  expect([first, second]).toEqual([expect.stringContaining("Build 0"), expect.stringContaining("Build 1")]);
  expect(early).toEqual([]);
  expect(read()).toHaveLength(3);
  expect(digest).toBe("4 messages that waited\n\nBuild 2\n\nRed: Build 3\n\nBuild 4\n\nBuild 5\n\n— coder");
  const [, , teller, ...others] = await rows();
  expect(others.map(({ status, digest_id }) => [status, digest_id])).toEqual(
    others.map(() => ["delivered", teller?.id]),
  );
});

test("what would make a digest too long to show whole is told in the next one", async () => {
  const { say, pass, read } = await openTelegram(1);
  await say("First");
  for (const letter of ["a", "b", "c"]) await say(letter.repeat(600));

  await pass(0);
  await pass(MINUTE_MS);
  await pass(10 * MINUTE_MS);

  expect(read()).toHaveLength(3);
  expect(read()[1]).toContain(`${"a".repeat(600)}\n\n${"b".repeat(600)}`);
  expect(read()[2]).toContain("c".repeat(600));
});

test("a digest that fails is tried again as it is, and dies with all that is in it", async () => {
  const { hub, telegram, say, pass, rows } = await openTelegram(1);
  for (let index = 0; index < 3; index += 1) await say(`Build ${index}`);
  await pass(0);
  await hub.hub.store.db.updateTable("integrations").set({ config: "{}" }).execute();

  await pass(MINUTE_MS);

  const reason = expect.stringContaining("Telegram has nobody to notify");
  expect(await rows()).toMatchObject([{ status: "delivered" }, { status: "dead", reason }, { status: "dead", reason }]);
  expect(telegram.exchanges.filter(({ path }) => path.endsWith("sendMessage"))).toHaveLength(1);
});

test("in quiet hours only what is urgent, and what answers somebody, goes out; the rest arrives at their end", async () => {
  const { hub, say, pass, read, rows } = await openTelegram(20);
  await setQuietHours(hub.hub, "test", hub.workspaceId, NIGHT);
  await say("Low", { urgency: "low" });
  await say("Normal");
  await say("High", { urgency: "high" });
  await say("Answer", { thread: "7" });

  await pass(0);
  const during = [...read()];
  const planned = (await rows()).filter(({ status }) => status === "accepted").map(({ due_at }) => due_at);
  await pass(2 * HOUR_MS - 1);
  const before = [...read()];
  await pass(1);

  expect(new Set(during.map((text) => text.split("\n")[0]))).toEqual(new Set(["Answer", "High"]));
  expect(planned).toEqual(["2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.000Z"]);
  expect(before).toEqual(during);
  expect(read().at(-1)).toContain("2 messages that waited\n\nLow\n\nNormal");
});

test("what comes due in quiet hours that were set meanwhile waits for their end, too", async () => {
  const receiver = await startReceiver((response) => response.writeHead(500).end());
  const { hub, say, pass, rows } = await openTestOutbox(receiver);
  await say("Built");
  await pass(0);
  await setQuietHours(hub.hub, "test", hub.workspaceId, NIGHT);

  await pass(MINUTE_MS);

  expect(await rows()).toMatchObject([{ attempts: 1, due_at: "2026-11-22T12:00:00.000Z" }]);
});

test("what waits for the end of quiet hours keeps no answer from going out", async () => {
  const { hub, say, pass, read } = await openTelegram(2);
  await setQuietHours(hub.hub, "test", hub.workspaceId, NIGHT);
  for (let index = 0; index < 5; index += 1) await say(`Build ${index}`);
  await pass(5 * MINUTE_MS);

  await say("Answer", { thread: "7" });
  await pass(0);

  expect(read()).toEqual(["Answer"]);
});

test("quiet hours that are taken away, or end sooner, let go what waited for them, in its turn", async () => {
  const { hub, clock, say, pass, read } = await openTelegram(2);
  const set = (hours?: typeof NIGHT) => setQuietHours(hub.hub, "test", hub.workspaceId, hours, clock.now);
  await set(NIGHT);
  for (let index = 0; index < 5; index += 1) await say(`${index} ${"x".repeat(1_000)}`);
  await pass(5 * MINUTE_MS);

  await set({ ...NIGHT, end: "10:10" });
  await pass(0);
  const before = read().length;
  await set();
  await pass(0);
  const atOnce = read().length;
  await pass(MINUTE_MS);
  await pass(MINUTE_MS);

  expect([before, atOnce]).toEqual([0, 2]);
  expect(
    read()
      .map((text) => text[0])
      .toSorted((left = "", right = "") => (left < right ? -1 : 1)),
  ).toEqual(["0", "1", "2", "3", "4"]);
});

test("nobody waits behind one that says too much, however urgent it calls that", async () => {
  const { hub, outbox, integration, say, pass, read } = await openTelegram(1);
  for (let index = 0; index < 5; index += 1) {
    await say(`Build ${index}`);
    await say(`It burns ${index}`, { urgency: "high" });
  }
  await pass(0);
  const before = read().length;

  const other = await hub.addProfile("writer");
  await hub.grant(other, integration);
  const writer = { actor: "test", profileId: other.profileId, name: "writer" };
  await outbox.accept({ integration, speaker: writer, notice: { message: "Proofs", urgency: "normal" } });
  const speaker = { actor: "hub", name: "Patchbay" };
  await outbox.accept({ integration, speaker, notice: { message: "A call waits", urgency: "high" } });
  await outbox.accept({ integration, speaker, notice: { message: "A request", urgency: "normal" } });
  await pass(0);

  const since = read().slice(before);
  expect(new Set(since.map((text) => text.split("\n")[0]))).toEqual(new Set(["A call waits", "A request", "Proofs"]));
});

test("what came due while the hub was off is not sent all at once", async () => {
  const { outbox, clock, say, pass, read } = await openTelegram(2);
  for (let index = 0; index < 8; index += 1) await say(`${index} ${"x".repeat(1_000)}`);
  clock.now += HOUR_MS;
  await say("Now");

  await outbox.drain();
  const [first, second] = [read().length, await pass(MINUTE_MS).then(() => read().length)];
  await pass(MINUTE_MS);
  await pass(MINUTE_MS);

  expect([first, second]).toEqual([3, 5]);
  expect(read().map((text) => text[0])).toHaveLength(9);
});

test("events for programs do not wait their turn", async () => {
  const receiver = await startQuickly();
  const { say, pass } = await openTestOutbox(receiver, TWO_A_MINUTE);
  const event = { type: "message", data: { message: "Hello" } };
  for (let index = 0; index < 5; index += 1) await say("There is a message.", { event });

  await pass(0);

  expect(receiver.received).toHaveLength(5);
});

test("what a channel would cut is refused, unless the hub itself says it", async () => {
  const { outbox, integration, say, pass, read } = await openTelegram(20);
  const message = "x".repeat(3_990);

  await expect(say(message, { title: "Eleven more" })).rejects.toMatchObject({
    code: "invalid_input",
    message: "Telegram carries 4000 characters, and this has 4001.",
  });
  await say(message, { title: "Ten more.." });
  const notice = { message: "y".repeat(5_000), urgency: "normal" } as const;
  await outbox.accept({ integration, speaker: { actor: "hub", name: "Patchbay" }, notice });
  await pass(0);

  expect(read()).toEqual([expect.stringContaining(message), expect.stringMatching(/^y{4000}/)]);
});
