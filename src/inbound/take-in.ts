import type { Transaction } from "kysely";
import type { InboundEvent, Said } from "../connector/inbound.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import { type ButtonParts, decideByButton, showOutcome } from "./decide-by-button.ts";
import { claimThread, findListener, readLinkCode, renameRoom } from "./links.ts";
import { putMessage, viewMessage } from "./messages.ts";
import { countGuess, isNewStranger, mayGuess } from "./strangers.ts";

export interface IntakeParts extends ButtonParts {
  /** Says something to a person as the hub itself, in the same transaction. */
  readonly say: (db: Transaction<Tables>, integration: IntegrationRow, thread: string, text: string) => Promise<void>;
  /** Tells the program that runs a profile's agent of a message, in the same transaction. */
  readonly tellRuntime: (
    db: Transaction<Tables>,
    to: { readonly workspaceId: string; readonly profileId: string },
    event: { readonly type: string; readonly data: Readonly<Record<string, unknown>> },
  ) => Promise<void>;
  /** Has what was told be sent soon. */
  readonly wakeOutbox: () => void;
}

/** An event, and all that it is known by: any of it known means that it was told before. */
export interface Told {
  readonly event: InboundEvent;
  readonly names: readonly string[];
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

const NOBODY_HEARS =
  "Hello! No agent listens here yet. If you were given a code for one, send it as /link CODE, or write: link CODE";
const WRONG_CODE = "That code is wrong, was used, or has expired. Ask whoever gave it to you for a new one.";

/**
 * Stores what a service has told, all at once and each event once. When this resolves it is on disk, and whoever waits for
 * it is told.
 *
 * `also` is done in the same transaction; where it says no, nothing is stored.
 */
export async function takeIn(
  parts: IntakeParts,
  integration: IntegrationRow,
  told: readonly Told[],
  also: (db: Transaction<Tables>) => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const { store } = parts;
  const after: (() => void)[] = [];
  const isStored = await store.transaction(async (db) => {
    await store.engine.inOrder(db);
    if (!(await also(db))) return false;
    for (const { event, names } of told.map(cleanse)) {
      if (!(await isFirstTime(db, integration, event.type, names))) continue;
      after.push(...(await act(parts, db, integration, event)));
    }
    return true;
  });
  await store.changes.catchUp();
  for (const follow of after) follow();
  return isStored;
}

async function isFirstTime(
  db: Transaction<Tables>,
  { id, workspace_id }: IntegrationRow,
  type: string,
  names: readonly string[],
): Promise<boolean> {
  const now = new Date();
  const fresh = names.map((event) => ({
    integration_id: id,
    event,
    workspace_id,
    type,
    received_at: now.toISOString(),
  }));
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("deliveries")
    .values(fresh)
    .onConflict((conflict) => conflict.columns(["integration_id", "event"]).doNothing())
    .executeTakeFirstOrThrow();
  const old = new Date(now.getTime() - KEPT_MS).toISOString();
  await db.deleteFrom("deliveries").where("received_at", "<", old).execute();
  if (numInsertedOrUpdatedRows === BigInt(names.length)) return true;
  // The first telling may not be on disk yet. Who writes waits until it is.
  await db
    .updateTable("deliveries")
    .set({ type })
    .where("integration_id", "=", id)
    .where("event", "in", names)
    .execute();
  return false;
}

/** Without what PostgreSQL takes in no text. */
function cleanse(told: Told): Told {
  return JSON.parse(JSON.stringify(told), (_, value: unknown) =>
    typeof value === "string" ? value.replaceAll("\0", "") : value,
  ) as Told;
}

/** Gives what is to be done once it is stored. */
async function act(
  parts: IntakeParts,
  db: Transaction<Tables>,
  integration: IntegrationRow,
  { press, message, renamed }: InboundEvent,
): Promise<(() => void)[]> {
  if (renamed) await renameRoom(db, integration, renamed);
  const decision = press && (await decideByButton(parts, db, integration, press));
  if (!decision) return message ? hear(parts, db, integration, message) : [];
  const { outcome } = decision;
  return outcome === undefined ? [] : [() => showOutcome(parts, integration, press, outcome)];
}

async function hear(
  parts: IntakeParts,
  db: Transaction<Tables>,
  integration: IntegrationRow,
  said: Said,
): Promise<(() => void)[]> {
  const answer = async (text: string) => {
    await parts.say(db, integration, said.thread, text);
    return [parts.wakeOutbox];
  };
  const code = readLinkCode(said.text);
  if (code !== undefined) {
    if (!(await mayGuess(db, integration, said))) return [];
    const profile = await claimThread(parts, db, integration, said, code);
    if (profile !== undefined) return answer(`From now on ${profile} hears what is said here.`);
    await countGuess(db, integration, said);
    return answer(WRONG_CODE);
  }
  const profileId = await findListener(db, integration, said);
  if (profileId !== undefined) {
    const message = await putMessage(parts.store, db, integration, profileId, said);
    const to = { workspaceId: integration.workspace_id, profileId };
    await parts.tellRuntime(db, to, { type: "message", data: viewMessage(message) });
    return [parts.wakeOutbox];
  }
  return said.isAddressed && (await isNewStranger(db, integration, said)) ? answer(NOBODY_HEARS) : [];
}
