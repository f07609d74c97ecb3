import type { Store } from "../store/open.ts";

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const AT_ONCE = 1_000;

/** Deletes what was delivered a month ago, some at a time, so that nobody waits for it. Dead letters are kept. */
export async function forgetDelivered({ db }: Store, nowMs: number): Promise<void> {
  for (;;) {
    const { numDeletedRows } = await db
      .deleteFrom("notifications")
      .where("id", "in", ({ selectFrom }) =>
        selectFrom("notifications")
          .select("id")
          .where("status", "=", "delivered")
          .where("due_at", "<", new Date(nowMs - KEPT_MS).toISOString())
          .limit(AT_ONCE),
      )
      .executeTakeFirst();
    if (numDeletedRows < AT_ONCE) return;
  }
}
