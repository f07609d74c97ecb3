import { expect, test } from "vitest";
import { type Answer, openTestHub, startService, type TestHub } from "#testing";
import type { IntegrationRow } from "../store/tables.ts";
import { openOutbox, type Outbox, type OutboxParts } from "./open-outbox.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const START = Date.parse("2026-11-22T10:00:00.000Z");
const MINUTE_MS = 60_000;

/** A hub with one webhook, and an outbox whose time is the test's. */
async function arrange(answer: Answer = { status: 204 }, options: Partial<OutboxParts> = {}) {
  const receiver = await startService({ "POST /hook": answer, "POST /ping": { status: 204 } });
  const hub = await openTestHub();
  const integration = await hub.connect("webhook", `${receiver.url}/ping`, { WEBHOOK_SECRET: SECRET });
  const { store } = hub.hub;
  await store.db
    .updateTable("integrations")
    .set({ base_url: `${receiver.url}/hook` })
    .execute();
  const clock = { now: START };
  const outbox = openOutbox({ ...partsOf(hub), now: () => clock.now, ...options });
  const attempts = () => receiver.exchanges.filter(({ path }) => path === "/hook");
  const readRow = () => store.db.selectFrom("notifications").selectAll().executeTakeFirstOrThrow();
  const wait = async (ms: number) => {
    clock.now += ms;
    await outbox.drain();
  };
  return {
    hub,
    integration: { ...integration, base_url: `${receiver.url}/hook` },
    outbox,
    clock,
    attempts,
    readRow,
    wait,
  };
}

function partsOf({ hub }: TestHub): OutboxParts {
  return {
    ...hub,
    perMinute: 20,
    now: Date.now,
    random: () => 0.5,
    onGone: () => Promise.resolve(),
    onFault(message, error) {
      throw new Error(message, { cause: error });
    },
  };
}

function say(outbox: Outbox, integration: IntegrationRow, message = "Built") {
  return outbox.accept({
    integration,
    speaker: { actor: "test", name: "coder" },
    notice: { message, urgency: "normal" },
  });
}

test("what is accepted is on disk before it is sent, and is sent once", async () => {
  const { integration, outbox, attempts, readRow, wait } = await arrange();

  const accepted = await say(outbox, integration);
  const kept = await readRow();
  const before = attempts().length;
  await wait(0);
  await wait(24 * 60 * MINUTE_MS);

  expect(accepted).toEqual({ delivery: kept.id, channel: `webhook:${integration.id}`, status: "accepted" });
  expect(kept).toMatchObject({ status: "accepted", attempts: 0 });
  expect(before).toBe(0);
  expect(attempts()).toMatchObject([{ headers: { "webhook-id": kept.id }, body: { data: { message: "Built" } } }]);
  expect(await readRow()).toMatchObject({ status: "delivered", attempts: 1, reason: null });
});

test("a receiver that fails is tried ten times in three days, each time with the same id, and then it is given up", async () => {
  const { hub, integration, outbox, clock, attempts, readRow } = await arrange({ status: 500 });
  const { delivery } = await say(outbox, integration);

  const waited: number[] = [];
  for (let row = await readRow(); row.status === "accepted"; row = await readRow()) {
    waited.push((Date.parse(row.due_at) - clock.now) / 1000);
    clock.now = Math.max(clock.now, Date.parse(row.due_at));
    await outbox.drain();
  }

  const [s, m, h] = [1, 60, 3600];
  expect(waited).toEqual([0, 5 * s, 5 * m, 30 * m, 2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h]);
  expect(new Set(attempts().map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([delivery]));
  expect(await readRow()).toMatchObject({
    status: "dead",
    attempts: 10,
    reason: "Webhook failed: status 500. Try again later.",
  });
  await hub.hub.audit.flush();
  expect(
    await hub.hub.audit.list({ workspaceId: hub.workspaceId, action: "notification.dead", limit: 5 }),
  ).toHaveLength(1);
});
