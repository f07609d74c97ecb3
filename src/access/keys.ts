import { createHash, randomBytes } from "node:crypto";
import type { Transaction } from "kysely";
import * as z from "zod";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import { type Page, type PageAsked, readPage } from "../store/page.ts";
import { prepare } from "../store/prepare.ts";
import { remember } from "../store/remember.ts";
import type { KeyRow, Tables } from "../store/tables.ts";
import type { Ledger } from "./grants.ts";
import { type Principal, PROFILE_SCOPES, type Scope, SCOPES } from "./principal.ts";
import type { Mode } from "./workspaces.ts";

interface NewKey {
  readonly workspaceId: string;
  readonly mode: Mode;
  /** Absent for a key of the owner. */
  readonly profileId?: string;
  /** All that its holder may have, unless given. */
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: string;
}

/** Makes a key. Only its hash is stored, so the token can't be shown again. */
export async function createKey(db: Db | Transaction<Tables>, spec: NewKey): Promise<{ id: string; token: string }> {
  const token = `pb_${spec.mode}_${randomBytes(32).toString("base64url")}`;
  const id = newId("key");
  const scopes = spec.scopes ?? (spec.profileId === undefined ? SCOPES : PROFILE_SCOPES);
  await db
    .insertInto("keys")
    .values({
      id,
      workspace_id: spec.workspaceId,
      profile_id: spec.profileId ?? null,
      hash: hashToken(token),
      ending: token.slice(-4),
      scopes: JSON.stringify(scopes),
      created_at: new Date().toISOString(),
      expires_at: spec.expiresAt ?? null,
      revoked_at: null,
    })
    .execute();
  return { id, token };
}

/** The oldest first. */
export function pageKeys(db: Db, workspaceId: string, asked: PageAsked): Promise<Page<KeyRow>> {
  return readPage(db.selectFrom("keys").selectAll().where("workspace_id", "=", workspaceId), asked, "asc");
}

/** Ends a key for good, in every process. */
export async function revokeKey(
  { store, audit }: Ledger,
  { workspaceId, actor }: Pick<Principal, "workspaceId" | "actor">,
  id: string,
): Promise<void> {
  await store.transaction(async (db) => {
    const { numUpdatedRows } = await db
      .updateTable("keys")
      .set({ revoked_at: new Date().toISOString() })
      .where("workspace_id", "=", workspaceId)
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      throw new HubError("not_found", `There is no key ${id} in use.`, {
        hint: 'List them with "patchbay keys list".',
      });
    }
    await store.changes.record(db, { workspace_id: workspaceId, profile_id: null });
    await audit.appendIn(db, { workspaceId, actor, action: "key.revoke", details: { key: id } });
  });
  await store.changes.catchUp();
}

/**
 * Tells who a bearer token belongs to.
 *
 * Throws `unauthenticated` for a token that is unknown, revoked or expired, without saying which.
 */
export type Authenticate = (token: string) => Promise<Principal>;

export function openKeyring(store: Store, now: () => Date = () => new Date()): Authenticate {
  const { db, changes } = store;
  const findKey = prepare(db.selectFrom("keys").selectAll().where("hash", "=", "").where("revoked_at", "is", null));
  const recall = remember(changes, async (hash) => readKey((await findKey(db, hash))[0]));
  return async (token) => {
    const principal = await recall(hashToken(token));
    if (principal.expiresAt !== undefined && principal.expiresAt <= now().toISOString()) throw unauthenticated();
    return principal;
  };
}

const Scopes = z.array(z.enum(SCOPES));

function readKey(row: KeyRow | undefined): Principal {
  if (!row) throw unauthenticated();
  const scopes = Scopes.parse(JSON.parse(row.scopes));
  return {
    workspaceId: row.workspace_id,
    profileId: row.profile_id,
    actor: row.id,
    scopes,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  };
}

function unauthenticated(): HubError {
  return new HubError("unauthenticated", "The key is unknown, revoked or expired.", {
    hint: 'Make one with "patchbay keys create --profile NAME" and send it as a bearer token.',
  });
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Those of the given keys that were revoked. */
export async function findRevokedKeys(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("keys")
    .select("id")
    .where("id", "in", ids)
    .where("revoked_at", "is not", null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
