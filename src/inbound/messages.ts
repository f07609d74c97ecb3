import type { Transaction } from "kysely";
import { cutText } from "../connector/cut-text.ts";
import type { Said } from "../connector/inbound.ts";
import { HubError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import type { Db, Store } from "../store/open.ts";
import { type Page, toPage } from "../store/page.ts";
import type { MessageRow } from "../store/inbound-tables.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";

/** A message with the account that it came through. */
export type Heard = Omit<MessageRow, "seq"> & { readonly seq: number; readonly service: string };

const TEXT_LIMIT = 40_000;

/**
 * Keeps what a person said for a profile, as part of a transaction that has taken the store's order: whoever has read up to
 * one message then knows that none before it is still to come.
 */
export async function putMessage(
  store: Store,
  db: Transaction<Tables>,
  integration: IntegrationRow,
  profileId: string,
  said: Said,
): Promise<Heard> {
  const { workspace_id, service } = integration;
  const row = await db
    .insertInto("messages")
    .values({
      id: newId("message"),
      workspace_id,
      profile_id: profileId,
      integration_id: integration.id,
      chat: said.chat,
      thread: said.thread,
      person_id: said.person.id,
      person_name: said.person.name ?? null,
      text: cutText(said.text, TEXT_LIMIT),
      sent_at: said.at ?? null,
      received_at: new Date().toISOString(),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await store.changes.record(db, { workspace_id, profile_id: profileId }, "messages");
  return { ...row, service };
}

/** Whose messages: of one profile, or of all in the workspace. */
export interface Hearing {
  readonly workspaceId: string;
  readonly profileId: string | null;
}

function heardBy(db: Db, { workspaceId, profileId }: Hearing) {
  const query = db
    .selectFrom("messages")
    .innerJoin("integrations", "integrations.id", "messages.integration_id")
    .selectAll("messages")
    .select("integrations.service")
    .where("messages.workspace_id", "=", workspaceId);
  return profileId === null ? query : query.where("messages.profile_id", "=", profileId);
}

/** The message of that id, among those that were heard. */
export async function findMessage(db: Db, hearing: Hearing, id: string): Promise<Heard> {
  const row = await heardBy(db, hearing).where("messages.id", "=", id).executeTakeFirst();
  if (row) return row;
  throw new HubError("not_found", `There is no message ${id.slice(0, 64)}.`, {
    hint: "Take an id from a message that was read.",
  });
}

export interface Reading extends Hearing {
  /** The last message that was dealt with: what comes after it is read. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Reads what comes after a message, or after the last one that the profile is done with; the oldest first. */
export async function readMessages(db: Db, { after, limit, ...hearing }: Reading): Promise<Page<Heard>> {
  const start = after === undefined ? await readMark(db, hearing) : (await findMessage(db, hearing, after)).seq;
  const rows = await heardBy(db, hearing)
    .where("messages.seq", ">", start)
    .orderBy("messages.seq")
    .limit(limit + 1)
    .execute();
  return toPage(rows, limit, ({ id }) => id);
}

/** About half of what an agent is given at once. */
const FIT_CHARACTERS = 50_000;

/** As many of the first as an agent can take in at once, and one in any case: people may write as much as they like. */
export function fitMessages(messages: readonly Heard[]): readonly Heard[] {
  let characters = 0;
  const end = messages.findIndex(({ text }) => (characters += text.length) > FIT_CHARACTERS);
  return end === -1 ? messages : messages.slice(0, Math.max(1, end));
}

/** An owner who reads along has no mark of its own. */
async function readMark(db: Db, { workspaceId, profileId }: Hearing): Promise<number> {
  if (profileId === null) return 0;
  const row = await db
    .selectFrom("message_marks")
    .select("seq")
    .where("workspace_id", "=", workspaceId)
    .where("profile_id", "=", profileId)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** Notes that a profile is done with a message and all before it. It never goes back. */
export async function acknowledge(db: Db, hearing: Hearing & { readonly profileId: string }, id: string) {
  const { seq } = await findMessage(db, hearing, id);
  await db
    .insertInto("message_marks")
    .values({ profile_id: hearing.profileId, workspace_id: hearing.workspaceId, seq })
    .onConflict((conflict) => conflict.column("profile_id").doUpdateSet({ seq }).where("message_marks.seq", "<", seq))
    .execute();
}

/** A message as agents, programs and people are shown it. */
export function viewMessage({ person_id, person_name, ...row }: Heard) {
  const { id, profile_id, integration_id, service, thread, text, sent_at, received_at } = row;
  const person = { id: person_id, name: person_name };
  return { id, profile_id, integration_id, service, thread, person, text, sent_at, received_at };
}
