import type { Transaction } from "kysely";
import type { Db, Engine } from "./open.ts";
import type { ChangeRow, ChangeTopic, Tables } from "./tables.ts";

export type Change = Pick<ChangeRow, "workspace_id" | "profile_id">;

/** Tells every process that has the store open, within a second, of what has changed: what profiles may call, unless told. */
export interface Changes {
  /** Records a change in the caller's transaction; without a profile it concerns the whole workspace. */
  record(db: Transaction<Tables>, change: Change, topic?: ChangeTopic): Promise<void>;
  /** The listener must not throw. The returned function ends it. */
  subscribe(listener: (change: Change) => void, topic?: ChangeTopic): () => void;
  /** Tells the listeners now what is new. Call it after a commit, and before trusting what was cached. */
  catchUp(): Promise<void>;
  /** Whether `catchUp` may find something that another process wrote. Always false where only polling can tell. */
  mayBeBehind(): boolean;
  stop(): void;
}

const POLL_MS = 250;
const KEPT_MS = 60 * 60 * 1000;

export async function watchChanges(db: Db, engine: Engine): Promise<Changes> {
  const listeners = new Set<{ readonly topic: ChangeTopic; readonly tell: (change: Change) => void }>();
  let last = await lastSeq(db);
  let running: Promise<void> | undefined;

  async function readNew(): Promise<void> {
    const rows = await db.selectFrom("changes").selectAll().where("seq", ">", last).orderBy("seq").execute();
    for (const row of rows) {
      last = row.seq;
      for (const { topic, tell } of listeners) if (topic === row.topic) tell(row);
    }
  }

  async function catchUp(): Promise<void> {
    // A read that began before the caller's commit may miss it, so the caller waits for one that begins after.
    while (running) await running;
    running = readNew().finally(() => (running = undefined));
    await running;
  }

  const timer = setInterval(() => {
    if (listeners.size === 0 || (engine.kind === "sqlite" && !engine.mayHaveForeignWrites())) return;
    // A store that is briefly away is asked again at the next tick; calls meanwhile get its error themselves.
    catchUp().catch(() => {});
  }, POLL_MS);
  timer.unref();

  return {
    async record(transaction, change, topic = "access") {
      await engine.inOrder(transaction);
      const now = new Date();
      await transaction
        .insertInto("changes")
        .values({ workspace_id: change.workspace_id, profile_id: change.profile_id, topic, at: now.toISOString() })
        .execute();
      const old = new Date(now.getTime() - KEPT_MS).toISOString();
      await transaction.deleteFrom("changes").where("at", "<", old).execute();
    },
    subscribe(tell, topic = "access") {
      const listener = { topic, tell };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    catchUp,
    mayBeBehind: () => running !== undefined || engine.mayHaveForeignWrites(),
    stop: () => clearInterval(timer),
  };
}

async function lastSeq(db: Db): Promise<number> {
  const row = await db
    .selectFrom("changes")
    .select((expression) => expression.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return row?.seq ?? 0;
}
