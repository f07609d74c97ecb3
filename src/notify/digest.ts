import type { Store } from "../store/open.ts";
import type { NotificationRow } from "../store/tables.ts";
import { type Content, readContent } from "./notice.ts";

/** What every channel shows whole, so that nothing is cut that was accepted. */
const TEXT_LIMIT = 1_500;
const LOOKED_AT = 100;

/** When what is told in another notification is tried by itself. */
const NEVER = "9999-12-31T23:59:59.999Z";

/**
 * Puts others that wait for the same account, said by the same profile, into a notification that waited itself. From then on
 * they share what becomes of it.
 */
export async function gatherDigest(store: Store, row: NotificationRow): Promise<void> {
  const { text, isAlone } = read(row);
  if (row.deferred === 0 || row.urgency === "high" || row.profile_id === null || isAlone) return;
  const waiting = await store.db
    .selectFrom("notifications")
    .select(["id", "content"])
    .where("workspace_id", "=", row.workspace_id)
    .where("status", "=", "accepted")
    .where("integration_id", "=", row.integration_id)
    .where("profile_id", "=", row.profile_id)
    .where("deferred", "=", 1)
    .where("urgency", "!=", "high")
    .orderBy("id")
    .limit(LOOKED_AT)
    .execute();
  let length = text.length;
  const fitting = waiting.filter((other) => {
    const said = read(other);
    if (said.isAlone || length + said.text.length > TEXT_LIMIT) return false;
    length += said.text.length;
    return true;
  });
  if (fitting.length === 0) return;
  await store.db
    .updateTable("notifications")
    .set({ digest_id: row.id, deferred: 0, due_at: NEVER })
    .where("workspace_id", "=", row.workspace_id)
    .where(
      "id",
      "in",
      fitting.map(({ id }) => id),
    )
    // Whoever claims one takes this away.
    .where("status", "=", "accepted")
    .where("deferred", "=", 1)
    .execute();
}

/** What a notification says, together with those that are told in it. */
export async function readDigest({ db }: Store, row: NotificationRow): Promise<Content> {
  const others = await db
    .selectFrom("notifications")
    .select(["id", "content"])
    .where("workspace_id", "=", row.workspace_id)
    .where("digest_id", "=", row.id)
    .where("status", "=", "accepted")
    .orderBy("id")
    .execute();
  if (others.length === 0) return read(row).content;
  const texts = [row, ...others].map((one) => read(one).text);
  return { title: `${texts.length} messages that waited`, message: texts.join("\n\n") };
}

function read(row: Pick<NotificationRow, "content">) {
  const content = readContent(row);
  const { title, message, link, thread, event } = content;
  return {
    content,
    text: title === undefined ? message : `${title}: ${message}`,
    isAlone: link !== undefined || thread !== undefined || event !== undefined,
  };
}
