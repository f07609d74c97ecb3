import { setTimeout } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { openHub } from "../../src/hub.ts";
import { findIntegration } from "../../src/integrations/integrations.ts";
import { openOutbox } from "../../src/notify/open-outbox.ts";
import { LEASE_MS } from "./kill-loop.ts";

// Accepts messages without end and sends them, and prints each one's delivery once it is acknowledged.
const [account = "", round = "", count = ""] = process.argv.slice(2);
const hub = await openHub(readConfig({ env: process.env }));
const outbox = openOutbox({
  ...hub,
  leaseMs: LEASE_MS,
  perMinute: 1_000_000,
  now: Date.now,
  random: Math.random,
  onGone: () => Promise.resolve(),
  onFault(message, error) {
    console.error(message, error);
  },
});
outbox.start();
console.log("ready");
const integration = await findIntegration(hub.store.db, hub.owner.workspaceId, account);
await Promise.all([0, 1, 2].map((lane) => accept(lane)));
while (await isUndelivered()) await setTimeout(100);
await outbox.close();
await hub.close();

async function accept(lane: number): Promise<void> {
  for (let index = 0; index < Number(count); index += 1) {
    const notice = { message: `${round}.${lane}.${index}`, urgency: "normal" } as const;
    const { delivery } = await outbox.accept({ integration, speaker: { actor: "hub", name: "Patchbay" }, notice });
    console.log(delivery);
  }
}

async function isUndelivered(): Promise<boolean> {
  const query = hub.store.db.selectFrom("notifications").select("id").where("status", "=", "accepted");
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}
