import { expect, test } from "vitest";
import { sql } from "kysely";
import { onEachStore } from "#testing";
import { HubError } from "../errors.ts";
import { openTestOutbox, startReceiver } from "../testing/open-test-outbox.ts";
import { claimDue } from "./claim-due.ts";
import { settleDelivered, settleFailed } from "./settle-attempt.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

await onEachStore((makeDatabase) => {
  async function arrange(status = 204) {
    const receiver = await startReceiver((response) => response.writeHead(status).end());
    const { url } = await makeDatabase();
    return { receiver, ...(await openTestOutbox(receiver, { env: { PATCHBAY_DATABASE_URL: url } })) };
  }

  test("what is accepted is on disk before it is sent, and is sent once", async () => {
    const { receiver, integration, say, rows, pass } = await arrange();

    const accepted = await say("Built");
    const [kept] = await rows();
    const before = [...receiver.received];
    await pass(0);
    await pass(2 * DAY_MS);

    expect(accepted).toEqual({ delivery: kept?.id, channel: `webhook:${integration.id}`, status: "accepted" });
    expect(kept).toMatchObject({ status: "accepted", attempts: 0 });
    expect(before).toEqual([]);
    expect(receiver.received).toEqual([{ id: accepted.delivery, message: "Built" }]);
    expect(await rows()).toMatchObject([{ status: "delivered", attempts: 1, reason: null }]);
  });

  test("a receiver that fails is tried ten times in three days under one id, and then it is given up", async () => {
    const { hub, receiver, outbox, clock, say, rows } = await arrange(500);
    const { delivery } = await say("Built");

    const waited: number[] = [];
    for (let [row] = await rows(); row?.status === "accepted"; [row] = await rows()) {
      waited.push((Date.parse(row.due_at) - clock.now) / 1000);
      clock.now = Date.parse(row.due_at);
      await outbox.drain();
    }

    const [m, h] = [60, 3600];
    expect(waited).toEqual([0, 5, 5 * m, 30 * m, 2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h]);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([delivery]));
    const reason = "Webhook failed: status 500. Try again later.";
    expect(await rows()).toMatchObject([{ status: "dead", attempts: 10, reason }]);
    const filter = { workspaceId: hub.workspaceId, action: "notification.dead", limit: 5 };
    expect(await hub.hub.audit.list(filter)).toHaveLength(1);
  });

  test("two processes that send at once send everything once", async () => {
    const { receiver, outbox, openAnother, say, rows } = await arrange();
    const others = [openAnother(), openAnother()];
    const said = await Promise.all(Array.from({ length: 20 }, (_, index) => say(`Build ${index}`)));

    await Promise.all([outbox, ...others].map((one) => one.drain()));

    expect(receiver.received.map(({ id }) => id).toSorted()).toEqual(said.map(({ delivery }) => delivery).toSorted());
    expect((await rows()).every(({ status, attempts }) => status === "delivered" && attempts === 1)).toBe(true);
  });

  test("what a holder was sending when it died is taken over once its lease is over, and not before", async () => {
    const { hub, receiver, clock, say, rows, pass } = await arrange();
    const { delivery } = await say("Built");
    const died = claimDue(hub.hub.store, { nowMs: clock.now, leaseMs: MINUTE_MS, limit: 1, busy: [] });

    expect(await died).toMatchObject([{ id: delivery, fence: 1 }]);
    await pass(MINUTE_MS - 1);
    expect(receiver.received).toEqual([]);
    await pass(1);
    expect(receiver.received).toEqual([{ id: delivery, message: "Built" }]);
    expect(await rows()).toMatchObject([{ status: "delivered", fence: 2 }]);
  });

  test("a holder that wakes up after its lease has no say in what another one is sending", async () => {
    const { hub, clock, say, rows } = await arrange();
    await say("Built");
    const claim = () => claimDue(hub.hub.store, { nowMs: clock.now, leaseMs: MINUTE_MS, limit: 1, busy: [] });
    const [late] = await claim();
    clock.now += MINUTE_MS;
    const [current] = await claim();
    if (!late || !current) throw new Error("nothing was claimed");
    const parts = { ...hub.hub, perMinute: 20, now: () => clock.now, random: () => 0.5, onGone: async () => {} };

    await settleFailed(parts, late, new HubError("service_rejected", "No."));
    const afterLate = await rows();
    await settleDelivered(parts, current);

    expect(afterLate).toMatchObject([{ status: "accepted", attempts: 0, fence: current.fence, reason: null }]);
    expect(await rows()).toMatchObject([{ status: "delivered", attempts: 1, reason: null }]);
  });

  test("the same key of the same profile is the same delivery for a day, also when it is said twice at once", async () => {
    const { receiver, say, pass } = await arrange();

    const [first, twin] = await Promise.all([
      say("Built", { dedupeKey: "build-7" }),
      say("Built again", { dedupeKey: "build-7" }),
    ]);
    const other = await say("Built", { dedupeKey: "build-8" });
    await pass(DAY_MS - 1);
    const late = await say("Built", { dedupeKey: "build-7" });
    await pass(1);
    const nextDay = await say("Built", { dedupeKey: "build-7" });

    expect(twin.delivery).toBe(first.delivery);
    expect(late).toMatchObject({ delivery: first.delivery, status: "delivered" });
    expect(new Set([first.delivery, other.delivery, nextDay.delivery]).size).toBe(3);
    expect(receiver.received.map(({ id }) => id)).toEqual([first.delivery, other.delivery]);
  });

  test("a transaction that fails accepts nothing", async () => {
    const { hub, outbox, integration, rows } = await arrange();
    const speaker = { actor: "hub", name: "Patchbay" };

    const failing = hub.hub.store.transaction(async (db) => {
      await outbox.enqueue(db, { integration, speaker, notice: { message: "Never", urgency: "normal" } });
      throw new Error("changed my mind");
    });

    await expect(failing).rejects.toThrow("changed my mind");
    expect(await rows()).toEqual([]);
  });

  test("what can't be recorded is refused", async () => {
    const { hub, say, rows } = await arrange();
    await sql`alter table audit_entries rename to elsewhere`.execute(hub.hub.store.db);

    await expect(say("Built")).rejects.toMatchObject({ code: "unavailable" });

    await sql`alter table elsewhere rename to audit_entries`.execute(hub.hub.store.db);
    expect(await rows()).toEqual([]);
  });
});

test("on a full disk nothing is accepted, and what was accepted before still arrives once there is room", async () => {
  const receiver = await startReceiver((response) => response.writeHead(204).end());
  const { hub, say, pass, rows } = await openTestOutbox(receiver);
  const { db } = hub.hub.store;
  const limit = (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(db);
  const first = await say("Before");
  await limit(1);

  const acknowledged: string[] = [];
  const refusals: string[] = [];
  for (let index = 0; index < 50; index += 1) {
    await say("x".repeat(3_000)).then(
      ({ delivery }) => acknowledged.push(delivery),
      ({ code, cause }: HubError) => refusals.push(`${code} for ${String(cause)}`),
    );
  }
  const kept = await rows();
  await limit(1_000_000);
  await pass(DAY_MS);

  expect(refusals.length).toBeGreaterThan(10);
  expect(new Set(refusals)).toEqual(new Set(["unavailable for SqliteError: database or disk is full"]));
  expect(kept.map(({ id }) => id)).toEqual([first.delivery, ...acknowledged].toSorted());
  expect(receiver.received.map(({ id }) => id).toSorted()).toEqual([first.delivery, ...acknowledged].toSorted());
});
