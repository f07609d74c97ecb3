import { expect, test } from "vitest";
import { onEachStore, openTestHub, startService } from "#testing";

const SECRET = `whsec_${"A".repeat(43)}=`;

await onEachStore((makeDatabase) => {
  test("a hub tells how many notifications wait, and for how long the oldest has been due", async () => {
    const service = await startService({ "POST /": { status: 204 } });
    const { url } = await makeDatabase();
    const testHub = await openTestHub({ env: { PATCHBAY_DATABASE_URL: url } });
    const integration = await testHub.connect("webhook", service.url, { WEBHOOK_SECRET: SECRET });
    const { hub } = testHub;
    const before = await hub.metrics.render();

    const at = new Date(Date.now() - 60_000).toISOString();
    const row = { workspace_id: testHub.workspaceId, profile_id: null, integration_id: integration.id, actor: "test" };
    const message = { speaker: "hub", content: "{}", urgency: "normal", dedupe_key: null } as const;
    const state = { attempts: 0, fence: 0, deferred: 0, digest_id: null, reason: null, delivered_at: null } as const;
    const times = { due_at: at, created_at: at };
    await hub.store.db
      .insertInto("notifications")
      .values([
        { id: "not_1", ...row, ...message, ...state, ...times, status: "accepted" },
        { id: "not_2", ...row, ...message, ...state, ...times, status: "delivered" },
      ])
      .execute();
    const after = await hub.metrics.render();

    expect(before).toContain("patchbay_outbox_notifications 0\n");
    expect(before).toContain("patchbay_outbox_overdue_seconds 0\n");
    expect(after).toContain("patchbay_outbox_notifications 1\n");
    expect(Number(/^patchbay_outbox_overdue_seconds (\S+)$/m.exec(after)?.[1])).toBeGreaterThanOrEqual(60);
  });
});
