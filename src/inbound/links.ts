import { createHash, randomInt } from "node:crypto";
import type { Transaction } from "kysely";
import type { Ledger } from "../access/grants.ts";
import type { Said } from "../connector/inbound.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db } from "../store/open.ts";
import type { LinkRow } from "../store/inbound-tables.ts";
import type { IntegrationRow, ProfileRow, Tables } from "../store/tables.ts";

const CODE_MS = 60 * 60 * 1000;
const CODE_LENGTH = 10;
/** Without letters that are taken for digits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface LinkCode {
  readonly code: string;
  readonly expiresAt: string;
}

/** Makes a code by which whoever has it can claim one thread of an account for a profile, once and within the hour. */
export async function makeLinkCode(
  { store, audit }: Ledger,
  actor: string,
  integration: IntegrationRow,
  profile: ProfileRow,
): Promise<LinkCode> {
  const code = makeCode();
  const now = new Date();
  const expiresAt = new Date(now.getTime() + CODE_MS).toISOString();
  const { workspace_id, id } = integration;
  await store.transaction(async (db) => {
    await db.deleteFrom("link_codes").where("expires_at", "<=", now.toISOString()).execute();
    await db
      .insertInto("link_codes")
      .values({
        hash: hashCode(code),
        workspace_id,
        profile_id: profile.id,
        integration_id: id,
        created_at: now.toISOString(),
        expires_at: expiresAt,
      })
      .execute();
    await audit.appendIn(db, {
      workspaceId: workspace_id,
      actor,
      action: "link.code",
      integrationId: id,
      profileId: profile.id,
      details: {},
    });
  });
  return { code, expiresAt };
}

/** With a digit at its end, so that no word looks like one. */
function makeCode(): string {
  const letters = Array.from({ length: CODE_LENGTH - 1 }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return [...letters, randomInt(10)].join("");
}

function hashCode(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}

/** What follows `/link` or `/start`, as a command or as a plain sentence to the bot; undefined for all other text. */
export function readLinkCode(text: string): string | undefined {
  const [, command, word = ""] = /^(?:<@\w+>\s*)?(\/?)(?:link|start)(?:@\w+)?\s+(\S+)\s*$/i.exec(text) ?? [];
  const isCode = word.length === CODE_LENGTH && /^[0-9a-z]+\d$/i.test(word);
  return command === "/" || isCode ? word.toUpperCase() : undefined;
}

/** Lets what was linked to a room, and what was said there, follow it to its new name. */
export async function renameRoom(
  db: Transaction<Tables>,
  { id }: Pick<IntegrationRow, "id">,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const taken = db.selectFrom("links").select("id").where("integration_id", "=", id).where("thread", "=", to);
  if (!(await taken.executeTakeFirst())) {
    await db
      .updateTable("links")
      .set({ thread: to })
      .where("integration_id", "=", id)
      .where("thread", "=", from)
      .execute();
  }
  await db
    .updateTable("messages")
    .set({ chat: to, thread: to })
    .where("integration_id", "=", id)
    .where("chat", "=", from)
    .where("thread", "=", from)
    .execute();
}

/** The profile that hears what is said, by the narrowest link: the thread's, the room's, the account's. */
export async function findListener(
  db: Db,
  { id }: Pick<IntegrationRow, "id">,
  said: Pick<Said, "thread" | "chat" | "isAddressed">,
): Promise<string | undefined> {
  const threads = [said.thread, said.chat, ...(said.isAddressed ? [""] : [])];
  const rows = await db
    .selectFrom("links")
    .select(["thread", "profile_id"])
    .where("integration_id", "=", id)
    .where("thread", "in", threads)
    .execute();
  return threads.flatMap((thread) => rows.find((row) => row.thread === thread) ?? [])[0]?.profile_id;
}

/** Claims the thread in which a code was said; undefined where the code is not good, or no more. */
export async function claimThread(
  { store, audit }: Ledger,
  db: Transaction<Tables>,
  integration: IntegrationRow,
  said: Said,
  code: string,
): Promise<string | undefined> {
  const claimed = await db
    .deleteFrom("link_codes")
    .where("hash", "=", hashCode(code))
    .where("integration_id", "=", integration.id)
    .where("expires_at", ">", new Date().toISOString())
    .returning("profile_id")
    .executeTakeFirst();
  if (!claimed) return undefined;
  await putLink({ store, audit }, db, `${integration.service}:${said.person.id}`, {
    integration,
    profileId: claimed.profile_id,
    thread: said.isInThread ? said.thread : said.chat,
    personId: said.person.id,
  });
  const profile = await db
    .selectFrom("profiles")
    .select("name")
    .where("id", "=", claimed.profile_id)
    .executeTakeFirstOrThrow();
  return profile.name;
}

interface NewLink {
  readonly integration: IntegrationRow;
  readonly profileId: string;
  /** Empty for all of the account. */
  readonly thread: string;
  readonly personId: string | null;
}

async function putLink({ audit }: Ledger, db: Transaction<Tables>, actor: string, link: NewLink): Promise<LinkRow> {
  const { integration, profileId, thread, personId } = link;
  const claim = { profile_id: profileId, person_id: personId, created_at: new Date().toISOString() };
  const row = await db
    .insertInto("links")
    .values({
      id: newId("link"),
      workspace_id: integration.workspace_id,
      integration_id: integration.id,
      thread,
      ...claim,
    })
    .onConflict((conflict) => conflict.columns(["integration_id", "thread"]).doUpdateSet(claim))
    .returningAll()
    .executeTakeFirstOrThrow();
  await audit.appendIn(db, {
    workspaceId: integration.workspace_id,
    actor,
    action: "link.set",
    integrationId: integration.id,
    profileId,
    details: { link: row.id, thread: thread === "" ? "*" : thread },
  });
  return row;
}

/** Lets a profile hear whoever speaks to an account, where no thread says otherwise. */
export function linkAccount(
  ledger: Ledger,
  actor: string,
  integration: IntegrationRow,
  profile: ProfileRow,
): Promise<LinkRow> {
  const link = { integration, profileId: profile.id, thread: "", personId: null };
  return ledger.store.transaction((db) => putLink(ledger, db, actor, link));
}

export function linksIn(db: Db, workspaceId: string) {
  return db.selectFrom("links").selectAll().where("workspace_id", "=", workspaceId);
}

/** Ends a link: nobody hears what is said there any more, unless a wider link says so. */
export async function deleteLink({ store, audit }: Ledger, actor: string, workspaceId: string, id: string) {
  return store.transaction(async (db) => {
    const row = await db
      .deleteFrom("links")
      .where("workspace_id", "=", workspaceId)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (!row) {
      throw new HubError("not_found", `There is no link ${id.slice(0, 64)}.`, {
        hint: 'List them with "patchbay messages links".',
      });
    }
    await audit.appendIn(db, {
      workspaceId,
      actor,
      action: "link.delete",
      integrationId: row.integration_id,
      profileId: row.profile_id,
      details: { link: id },
    });
    return row;
  });
}
