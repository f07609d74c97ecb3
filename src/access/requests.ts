import type { Transaction } from "kysely";
import * as z from "zod";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import type { RequestRow, Tables } from "../store/tables.ts";
import { type Ledger, putGrant } from "./grants.ts";
import { coverOperations, type Effects } from "./policy.ts";

interface NewRequest {
  readonly workspaceId: string;
  readonly profileId: string;
  readonly service: string;
  readonly reason: string;
  /** The whole service when absent. */
  readonly operations?: readonly string[];
}

/**
 * Asks the owner for a service. Whoever asks again, for no more than an undecided request is about, joins it.
 *
 * `onOpened` does what belongs to a new one, in the same transaction.
 */
export async function openRequest(
  store: Store,
  ask: NewRequest,
  onOpened?: (db: Transaction<Tables>, request: RequestRow) => Promise<void>,
): Promise<{ request: RequestRow; joined: boolean }> {
  return store.transaction(async (db) => {
    // One at a time, so that two equal requests become one.
    await store.engine.inOrder(db);
    const pending = await listPending(db, ask);
    const same = pending.find((row) => isWithin(ask.operations, operationsOf(row)));
    if (same) return { request: same, joined: true };

    const request: RequestRow = {
      id: newId("request"),
      workspace_id: ask.workspaceId,
      profile_id: ask.profileId,
      service: ask.service,
      reason: ask.reason,
      operations: ask.operations ? JSON.stringify(ask.operations) : null,
      status: "pending",
      answer: null,
      created_at: new Date().toISOString(),
      decided_at: null,
    };
    await db.insertInto("requests").values(request).execute();
    await onOpened?.(db, request);
    return { request, joined: false };
  });
}

function listPending(db: Db, { workspaceId, profileId, service }: Omit<NewRequest, "reason">): Promise<NamedRequest[]> {
  return listRequests(db, workspaceId, { profileId, service, status: "pending" });
}

/** The operations that a request is about; all of the service's when absent. */
export function operationsOf({ operations }: Pick<RequestRow, "operations">): string[] | undefined {
  return operations === null ? undefined : z.array(z.string()).parse(JSON.parse(operations));
}

function isWithin(some: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  return others === undefined || (some?.every((name) => others.includes(name)) ?? false);
}

interface Fulfilment {
  readonly request: RequestRow;
  readonly integrationId: string;
  /** The service's operations. */
  readonly effects: Effects;
  /** Every operation, whatever was asked for. */
  readonly all?: boolean;
}

/**
 * Grants what a request is about, and decides it together with the profile's others that ask for no more.
 *
 * A grant that is on gets the operations beside those it has; one that is new or was off covers only them. Where the whole
 * service was asked for, a grant that was off is what it was before. What a policy denies stays denied. The caller calls
 * `changes.catchUp` after its commit.
 */
export async function fulfilRequest(
  ledger: Ledger,
  db: Transaction<Tables>,
  actor: string,
  { request, integrationId, effects, all = false }: Fulfilment,
): Promise<RequestRow> {
  const { id, workspace_id: workspaceId, profile_id: profileId, service } = request;
  const granted = all ? undefined : operationsOf(request);
  const decided = await decideRequest(db, workspaceId, id, { status: "approved" });
  const rest = await listPending(db, { workspaceId, profileId, service });
  const covered = rest.filter((row) => isWithin(operationsOf(row), granted));
  for (const row of covered) await decideRequest(db, workspaceId, row.id, { status: "approved" });
  const subject = { workspaceId, profileId, integrationId };
  await putGrant(ledger, db, actor, {
    ...subject,
    enabled: true,
    paused: false,
    policy(old, state) {
      if (granted) return coverOperations(old, granted, effects, state !== "on");
      const { allow: _, ...unlimited } = old;
      return all || state === "on" ? unlimited : old;
    },
  });
  for (const row of [decided, ...covered]) {
    await ledger.audit.appendIn(db, { ...subject, actor, action: "request.approve", details: { request: row.id } });
  }
  return decided;
}

interface RequestFilter {
  readonly profileId?: string;
  readonly service?: string;
  readonly status?: RequestRow["status"];
}

/** A request with the name of the profile that made it. */
export type NamedRequest = RequestRow & { readonly profile: string };

/** Newest first. */
export function listRequests(db: Db, workspaceId: string, filter: RequestFilter = {}): Promise<NamedRequest[]> {
  let query = requestsIn(db, workspaceId);
  if (filter.profileId !== undefined) query = query.where("profile_id", "=", filter.profileId);
  if (filter.service !== undefined) query = query.where("service", "=", filter.service);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return query.orderBy("created_at", "desc").orderBy("id", "desc").execute();
}

export function requestsIn(db: Db, workspaceId: string) {
  return db
    .selectFrom("requests")
    .selectAll()
    .select(({ selectFrom }) => {
      const profile = selectFrom("profiles").whereRef("profiles.id", "=", "requests.profile_id");
      return profile.select("profiles.name").$asScalar().$notNull().as("profile");
    })
    .where("workspace_id", "=", workspaceId);
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
  throw new HubError("conflict", `The request ${id} was already ${found.status}.`, {
    hint: 'See what the profile has with "patchbay grants list PROFILE", and change it with "patchbay grants set".',
  });
}

export async function findRequest(db: Db, workspaceId: string, id: string): Promise<NamedRequest> {
  const row = await requestsIn(db, workspaceId).where("id", "=", id).executeTakeFirst();
  if (row) return row;
  throw new HubError("not_found", `There is no request ${id}.`, { hint: 'List them with "patchbay requests list".' });
}
