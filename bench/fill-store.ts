import { sql } from "kysely";
import { readConfig } from "../src/config.ts";
import { openStore, type Store } from "../src/store/open.ts";
import type { Env } from "./processes.ts";

/** The operation of every tenth entry, and that of ten in all. */
export const FREQUENT = "bench.read_item_1";
export const RARE = "bench.write_item_1";

const AT = new Date().toISOString();
const HASH = "0".repeat(64);
const PROFILES = 10_000;
const INTEGRATIONS = 100;

/** Fills the ledger of a hub that has not been started. It is for queries: the hashes are none. */
export async function addEntries(env: Env, count: number): Promise<void> {
  const store = await openStore(readConfig({ env }).server.databaseUrl);
  await store.transaction(async (db) => {
    const { id } = await db.selectFrom("workspaces").select("id").executeTakeFirstOrThrow();
    await sql`
      insert into audit_entries
        (workspace_id, seq, at, action, actor, profile_id, integration_id, operation, details, previous, hash)
      with recursive numbers (n) as (
        select 1 union all select n + 1 from numbers where n < ${sql.lit(count)}
      )
      select cast(${id} as text), n, cast(${AT} as text),
        case n % 2 when 0 then 'call.outcome' else 'call.intent' end, 'key_bench',
        'prof_' || (n % ${sql.lit(PROFILES)}), 'int_' || (n % ${sql.lit(INTEGRATIONS)}),
        case n % ${sql.lit(Math.floor(count / 10))} when 0 then ${sql.lit(RARE)} else 'bench.read_item_' || (n % 10) end,
        '{"call":"call_01jzzzzzzzzzzzzzzzzzzzzzzz","status":"done","durationMs":120}',
        cast(${HASH} as text), cast(${HASH} as text)
      from numbers
    `.execute(db);
    await db.insertInto("audit_heads").values({ workspace_id: id, seq: count, hash: HASH }).execute();
  });
  await gatherStatistics(store);
  await store.close();
}

/** Adds notifications that are due, spread over all integrations. */
export async function addNotifications(store: Store, workspaceId: string, count: number): Promise<void> {
  await sql`
    insert into notifications
      (id, workspace_id, integration_id, actor, speaker, content, urgency, status, attempts, fence, due_at, deferred, created_at)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(count)}),
      accounts as (select id, row_number() over (order by id) - 1 as place, count(*) over () as total from integrations)
    select 'dlv_' || n, cast(${workspaceId} as text), accounts.id, 'bench', 'bench', '{}', 'normal', 'accepted', 0, 0,
      cast(${AT} as text), 0, cast(${AT} as text)
    from numbers join accounts on accounts.place = n % accounts.total
  `.execute(store.db);
  await gatherStatistics(store);
}

/** PostgreSQL does so by itself, but not at once. A SQLite file of a hub has none. */
async function gatherStatistics({ db, engine }: Store): Promise<void> {
  if (engine.kind === "postgres") await sql`analyze`.execute(db);
}
