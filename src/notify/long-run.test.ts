import { sql } from "kysely";
import { expect, test } from "vitest";
import { onEachStore } from "#testing";
import { openTestHub } from "../testing/open-test-hub.ts";
import { openTestOutbox, startReceiver, type TestOutbox } from "../testing/open-test-outbox.ts";
import { forgetDelivered } from "./forget-delivered.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MANY = 100_000;

/** Copies a notification, which then waits for a day or was delivered a day ago. */
async function multiply({ hub, clock }: TestOutbox): Promise<void> {
  const { db, engine } = hub.hub.store;
  const numbers =
    engine.kind === "sqlite"
      ? sql`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${MANY})`
      : sql`with numbers(n) as (select generate_series(1, ${MANY}::int))`;
  const later = new Date(clock.now + DAY_MS).toISOString();
  const earlier = new Date(clock.now - DAY_MS).toISOString();
  await sql`
    ${numbers}
    insert into notifications
    select id || n, workspace_id, profile_id, integration_id, actor, speaker, content, urgency, dedupe_key,
      case when n % 2 = 0 then 'accepted' else 'delivered' end, attempts, fence,
      case when n % 2 = 0 then cast(${later} as text) else cast(${earlier} as text) end,
      deferred, digest_id, reason, created_at, delivered_at
    from notifications, numbers
  `.execute(db);
}

/** How the store would look for what is due. */
async function explain({ hub, clock }: TestOutbox): Promise<string> {
  const { db, engine } = hub.hub.store;
  if (engine.kind === "postgres") await sql`analyze notifications`.execute(db);
  const { rows } = await sql`
    ${engine.kind === "sqlite" ? sql`explain query plan` : sql`explain`} select id from notifications
    where status = ${"accepted"} and due_at <= ${new Date(clock.now).toISOString()} order by due_at limit 100
  `.execute(db);
  return JSON.stringify(rows);
}

await onEachStore((makeDatabase) => {
  async function arrange() {
    const receiver = await startReceiver((response) => response.writeHead(204).end());
    const { url } = await makeDatabase();
    const env = { PATCHBAY_DATABASE_URL: url };
    return { receiver, env, opened: await openTestOutbox(receiver, { env }) };
  }

  test("a hub finds what is due by an index, among 100,000 others", async () => {
    const { receiver, env, opened } = await arrange();
    await opened.say("Long ago");
    await multiply(opened);
    await opened.pass(0);
    const { delivery } = await opened.say("Now");

    const hub = await openTestHub({ env });
    await hub.hub.outbox.drain();

    expect(receiver.received.at(-1)).toEqual({ id: delivery, message: "Now" });
    expect(await explain(opened)).toMatch(
      /(SEARCH notifications|Index Scan|Index Only Scan) using (index )?notifications_due/i,
    );
  });

  test("what was delivered is forgotten after a month, and a dead letter never", async () => {
    const { opened } = await arrange();
    const dead = await opened.say("Dead");
    await opened.hub.hub.store.db.updateTable("notifications").set({ status: "dead" }).execute();
    const told = await opened.say("Told");
    await opened.pass(0);

    await forgetDelivered(opened.hub.hub.store, opened.clock.now + 30 * DAY_MS);
    const kept = await opened.rows();
    await forgetDelivered(opened.hub.hub.store, opened.clock.now + 30 * DAY_MS + 1);

    expect(kept.map(({ id }) => id)).toEqual([dead.delivery, told.delivery]);
    expect(await opened.rows()).toMatchObject([{ id: dead.delivery, status: "dead" }]);
  });
});

test("a stop finishes what is being sent", async () => {
  const answers = Promise.withResolvers<void>();
  const receiver = await startReceiver((response) => answers.promise.then(() => response.writeHead(204).end()));
  const { outbox, say, rows } = await openTestOutbox(receiver);
  outbox.start();
  await say("Built");
  await expect.poll(() => receiver.received.length).toBe(1);

  const closing = outbox.close();
  answers.resolve();
  await closing;

  expect(await rows()).toMatchObject([{ status: "delivered" }]);
});

test("a stop gives back what takes too long, and another process sends it at once", async () => {
  const isHanging = { now: true };
  const receiver = await startReceiver((response) => (isHanging.now ? undefined : response.writeHead(204).end()));
  const { outbox, openAnother, say, rows } = await openTestOutbox(receiver);
  outbox.start();
  const { delivery } = await say("Built");
  await expect.poll(() => receiver.received.length).toBe(1);

  await outbox.close();
  const [given] = await rows();
  isHanging.now = false;
  await openAnother().drain();

  expect(given).toMatchObject({ status: "accepted", attempts: 0 });
  expect(receiver.received.map(({ id }) => id)).toEqual([delivery, delivery]);
  expect(await rows()).toMatchObject([{ status: "delivered", attempts: 1 }]);
});
