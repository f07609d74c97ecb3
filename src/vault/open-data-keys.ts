import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { DataKeyRow } from "../store/tables.ts";
import type { MasterKey } from "./master-key.ts";
import { checkMasterKey, identifyMasterKey, unwrapKey, wrapKey } from "./wrapped-key.ts";

export interface DataKey {
  readonly id: string;
  /** Five times as quick to use as the same bytes in a buffer, and never shown in a log. */
  readonly key: KeyObject;
}

/** The keys that seal credentials: wrapped by the master key in the store, unwrapped only in memory. */
export interface DataKeys {
  /** The one that seals now; made when there is none. */
  findCurrent(): Promise<DataKey>;
  find(id: string): Promise<DataKey | undefined>;
  /** What there is of them, in no order. */
  list(): Promise<readonly Pick<DataKeyRow, "id" | "created_at" | "retired_at">[]>;
  /** Retires the one that sealed until now and makes another. */
  rotate(): Promise<void>;
  /** Wraps all of them by another master key, or none if that fails; those that it wraps already are left alone. */
  rewrap(masterKey: Buffer): Promise<void>;
}

interface DataKeysOptions {
  readonly store: Store;
  readonly masterKey: Pick<MasterKey, "key" | "where">;
  readonly now: () => Date;
}

/**
 * Unwraps every data key in the store. Throws `conflict` when another master key wrapped them.
 *
 * What is in memory stays usable when another process changes the master key.
 */
export async function openDataKeys({ store, masterKey: { key, where }, now }: DataKeysOptions): Promise<DataKeys> {
  const unwrapped = new Map<string, DataKey>();
  let master = key;

  function unwrap(row: DataKeyRow): DataKey {
    const dataKey = unwrapped.get(row.id) ?? { id: row.id, key: createSecretKey(unwrapKey(master, row, where)) };
    unwrapped.set(row.id, dataKey);
    return dataKey;
  }

  const unwrapMade = (row: DataKeyRow): DataKey => unwrap(unwrapped.has(row.id) ? row : checkMade(row, master));

  async function insert(db: Db): Promise<DataKeyRow> {
    const wrapped = wrapKey(master, newId("dataKey"), randomBytes(32));
    const row = { ...wrapped, created_at: now().toISOString(), retired_at: null };
    await db.insertInto("data_keys").values(row).execute();
    return row;
  }

  for (const row of await readRows(store.db)) unwrap(row);

  return {
    async findCurrent() {
      const current = (await readRows(store.db)).find(isCurrent);
      return unwrapMade(current ?? (await changeRows(store, async (db, rows) => rows.find(isCurrent) ?? insert(db))));
    },
    async find(id) {
      const known = unwrapped.get(id);
      if (known) return known;
      const row = (await readRows(store.db)).find((candidate) => candidate.id === id);
      return row && unwrapMade(row);
    },
    list: () => readRows(store.db),
    async rotate() {
      await changeRows(store, async (db, rows) => {
        checkMasterKey(master, rows, where);
        const retired_at = now().toISOString();
        await db.updateTable("data_keys").set({ retired_at }).where("retired_at", "is", null).execute();
        await insert(db);
      });
    },
    async rewrap(next) {
      await changeRows(store, async (db, rows) => {
        const others = rows.filter(({ master_id }) => master_id !== identifyMasterKey(next));
        checkMasterKey(master, others, where);
        for (const row of others) {
          const wrapped = wrapKey(next, row.id, unwrap(row).key.export());
          await db.updateTable("data_keys").set(wrapped).where("id", "=", row.id).execute();
        }
      });
      master = next;
    },
  };
}

/** Refuses a key that was made under another master key than a process has. Where that is kept, its callers need not know. */
function checkMade(row: DataKeyRow, master: Buffer): DataKeyRow {
  if (row.master_id === identifyMasterKey(master)) return row;
  throw new HubError("unavailable", "The hub's master key was changed while this process ran.", {
    hint: "Restart every process of the hub, with the new key.",
  });
}

/** Whether a master key opens the vault in a store; any does as long as nothing is sealed. */
export async function fitsDataKeys(store: Store, masterKey: Buffer): Promise<boolean> {
  const id = identifyMasterKey(masterKey);
  const rows = await readRows(store.db);
  return rows.every(({ master_id }) => master_id === id);
}

/** Lets one process at a time change data keys: none may be wrapped by a master key that was just replaced. */
function changeRows<Result>(
  store: Store,
  work: (db: Db, rows: readonly DataKeyRow[]) => Promise<Result>,
): Promise<Result> {
  return store.transaction(async (db) => {
    await store.engine.inOrder(db);
    return work(db, await readRows(db));
  });
}

function readRows(db: Db): Promise<DataKeyRow[]> {
  return db.selectFrom("data_keys").selectAll().execute();
}

function isCurrent({ retired_at }: DataKeyRow): boolean {
  return retired_at === null;
}
