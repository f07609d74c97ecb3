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
  /** Whether `catchUp` may find something that another process wrote. Always false where others tell of it. */
  mayBeBehind(): boolean;
  stop(): Promise<void>;
}

const KEPT_MS = 60 * 60 * 1000;

export async function watchChanges(db: Db, engine: Engine): Promise<Changes> {
  const listeners = new Set<{ readonly topic: ChangeTopic; readonly tell: (change: Change) => void }>();
  let last = await lastSeq(db);
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  /** From the start of a read until one succeeds: meanwhile nothing that was cached is trusted. */
  let isBehind = false;

  async function readNew(): Promise<void> {
    const rows = await db.selectFrom("changes").selectAll().where("seq", ">", last).orderBy("seq").execute();
    const [first] = rows;
    // Whoever slept for longer than changes are kept can't know what they were.
    const missed = first && first.seq > last + 1 ? await allWorkspaces(db) : [];
    for (const change of missed) for (const { tell } of listeners) tell(change);
    for (const row of rows) for (const { topic, tell } of listeners) if (topic === row.topic) tell(row);
    last = rows.at(-1)?.seq ?? last;
  }

  function read(): Promise<void> {
    next = undefined;
    isBehind = true;
    running = readNew()
      .then(() => void (isBehind = false))
      .finally(() => (running = undefined));
    return running;
  }

  /** A read that began before the caller's commit may miss it, so all who come meanwhile share the one that begins after. */
  function catchUp(): Promise<void> {
    if (!running) return read();
    next ??= running.then(read, read);
    return next;
  }

  let stopWatching: (() => Promise<void>) | undefined;

  return {
    record: (transaction, change, topic = "access") => recordChange(engine, transaction, change, topic),
    subscribe(tell, topic = "access") {
      const listener = { topic, tell };
      listeners.add(listener);
      stopWatching ??= engine.watch(catchUp);
      return () => void listeners.delete(listener);
    },
    catchUp,
    mayBeBehind: () => isBehind || engine.mayHaveForeignWrites(),
    stop: async () => stopWatching?.(),
  };
}

async function recordChange(
  engine: Engine,
  db: Transaction<Tables>,
  { workspace_id, profile_id }: Change,
  topic: ChangeTopic,
): Promise<void> {
  await engine.inOrder(db);
  const now = new Date();
  await db.insertInto("changes").values({ workspace_id, profile_id, topic, at: now.toISOString() }).execute();
  await engine.announce(db);
  const old = new Date(now.getTime() - KEPT_MS).toISOString();
  await db.deleteFrom("changes").where("at", "<", old).execute();
}

async function lastSeq(db: Db): Promise<number> {
  const row = await db
    .selectFrom("changes")
    .select((expression) => expression.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return row?.seq ?? 0;
}

async function allWorkspaces(db: Db): Promise<Change[]> {
  const rows = await db.selectFrom("workspaces").select("id").execute();
  return rows.map(({ id }) => ({ workspace_id: id, profile_id: null }));
}
