import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { RequestRow } from "../store/tables.ts";

interface NewRequest {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly service: string;
  readonly reason: string;
}

/** Asks the owner for a service. Asking again while the first is undecided joins it. */
export async function openRequest(store: Store, ask: NewRequest): Promise<{ request: RequestRow; joined: boolean }> {
  return store.transaction(async (db) => {
    // One at a time, so that two equal requests become one.
    await store.engine.inOrder(db);
    const pending = await db
      .selectFrom("requests")
      .selectAll()
      .where("workspace_id", "=", ask.workspaceId)
      .where("profile_id", "=", ask.profileId)
      .where("service", "=", ask.service)
      .where("status", "=", "pending")
      .executeTakeFirst();
    if (pending) return { request: pending, joined: true };

    const request: RequestRow = {
      id: newId("request"),
      workspace_id: ask.workspaceId,
      profile_id: ask.profileId,
      service: ask.service,
      reason: ask.reason,
      status: "pending",
      answer: null,
      created_at: new Date().toISOString(),
      decided_at: null,
    };
    await db.insertInto("requests").values(request).execute();
    return { request, joined: false };
  });
}

interface RequestFilter {
  readonly profileId?: string;
  readonly service?: string;
  readonly status?: RequestRow["status"];
}

/** Newest first. */
export function listRequests(db: Db, workspaceId: string, filter: RequestFilter = {}): Promise<RequestRow[]> {
  let query = db.selectFrom("requests").selectAll().where("workspace_id", "=", workspaceId);
  if (filter.profileId !== undefined) query = query.where("profile_id", "=", filter.profileId);
  if (filter.service !== undefined) query = query.where("service", "=", filter.service);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return query.orderBy("created_at", "desc").orderBy("id", "desc").execute();
}

/** Decides a request once; `conflict` where it has been decided before. */
export async function decideRequest(
  db: Db,
  workspaceId: string,
  id: string,
  decision: { readonly status: "approved" | "denied"; readonly answer?: string },
): Promise<RequestRow> {
  const decided = await db
    .updateTable("requests")
    .set({ status: decision.status, answer: decision.answer ?? null, decided_at: new Date().toISOString() })
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .where("status", "=", "pending")
    .returningAll()
    .executeTakeFirst();
  if (decided) return decided;

  const found = await findRequest(db, workspaceId, id);
  throw new HubError("conflict", `The request ${id} was already ${found.status}.`);
}

export async function findRequest(db: Db, workspaceId: string, id: string): Promise<RequestRow> {
  const row = await db
    .selectFrom("requests")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (row) return row;
  throw new HubError("not_found", `There is no request ${id}.`, { hint: 'List them with "patchbay requests list".' });
}
