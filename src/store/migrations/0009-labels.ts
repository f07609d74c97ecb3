import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Two accounts of one service are told apart by their labels. One that is disconnected needs none. */
export const labels: Migration = {
  async up(db: Kysely<unknown>) {
    for (let taken = await readTaken(db); taken.length > 0; taken = await readTaken(db)) {
      for (const { id, label } of taken) {
        await sql`update integrations set label = ${`${label} (${id.slice(-4)})`} where id = ${id}`.execute(db);
      }
    }
    await sql`
      create unique index integrations_label on integrations (workspace_id, service, lower(label))
      where status <> 'disconnected'
    `.execute(db);
  },
};

/** All whose label an older one has. */
async function readTaken(db: Kysely<unknown>): Promise<readonly { readonly id: string; readonly label: string }[]> {
  const { rows } = await sql<{ id: string; label: string }>`
    select id, label from integrations as later
    where status <> 'disconnected' and exists (
      select 1 from integrations as earlier
      where earlier.status <> 'disconnected' and earlier.id < later.id
        and earlier.workspace_id = later.workspace_id and earlier.service = later.service
        and lower(earlier.label) = lower(later.label)
    )
  `.execute(db);
  return rows;
}
