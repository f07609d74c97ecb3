import type { Store } from "../store/open.ts";
import { newId } from "../store/ids.ts";
import type { WorkspaceRow } from "../store/tables.ts";

export type Mode = WorkspaceRow["mode"];

const modes = new WeakMap<Store, Map<string, Mode>>();

/** Which world a workspace is. It never changes, so it is read once. */
export async function modeOf(store: Store, workspaceId: string): Promise<Mode> {
  const known = modes.get(store) ?? new Map<string, Mode>();
  modes.set(store, known);
  const mode = known.get(workspaceId) ?? (await findWorkspace(store, workspaceId)).mode;
  known.set(workspaceId, mode);
  return mode;
}

/** The workspace of that name and mode, made on first use. */
export async function ensureWorkspace(store: Store, name: string, mode: Mode): Promise<WorkspaceRow> {
  const find = () =>
    store.db.selectFrom("workspaces").selectAll().where("name", "=", name).where("mode", "=", mode).executeTakeFirst();
  const found = await find();
  if (found) return found;

  await store.db
    .insertInto("workspaces")
    .values({ id: newId("workspace"), name, mode, created_at: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(["name", "mode"]).doNothing())
    .execute();
  const made = await find();
  if (!made) throw new Error(`workspace ${name} vanished while it was made`);
  return made;
}

/** This workspace, or the one beside it that has the other mode: where test keys live, or what they stand beside. */
export async function siblingWorkspace(store: Store, workspaceId: string, mode?: Mode): Promise<WorkspaceRow> {
  const own = await findWorkspace(store, workspaceId);
  return mode === undefined || own.mode === mode ? own : ensureWorkspace(store, own.name, mode);
}

function findWorkspace({ db }: Store, workspaceId: string): Promise<WorkspaceRow> {
  return db.selectFrom("workspaces").selectAll().where("id", "=", workspaceId).executeTakeFirstOrThrow();
}
