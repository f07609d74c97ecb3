import { createHmac } from "node:crypto";
import type { ExpressionBuilder } from "kysely";
import type { Principal } from "../../access/principal.ts";
import { digest } from "../../digest.ts";
import { HubError } from "../../errors.ts";
import type { Store } from "../../store/open.ts";
import type { AnswerRow, Tables } from "../../store/tables.ts";

/** What is answered to a request, without what differs from one time to the next. */
export interface Answer {
  readonly status: number;
  /** JSON; absent where nothing is sent. */
  readonly body?: object | undefined;
}

interface KeyedRequest {
  readonly principal: Principal;
  /** The `Idempotency-Key` header. */
  readonly key: string;
  readonly route: string;
  readonly input: object;
}

/** Runs each request once, however often it is sent with the same `Idempotency-Key`. */
export interface Replays {
  /**
   * `keep` takes from an answer what may not be stored; one that lost something is not given again. Where it keeps
   * nothing, a repeated request is run anew.
   */
  once(
    request: KeyedRequest,
    run: () => Promise<Answer>,
    keep: (answer: Answer) => Answer | undefined,
  ): Promise<Answer & { readonly isReplay: boolean }>;
}

const KEPT_MS = 24 * 60 * 60 * 1000;

interface ReplayParts {
  readonly store: Store;
  /** Keeps what a request held, such as a password, from being guessed by its stored digest. */
  readonly signingKey: Uint8Array;
  readonly now?: () => Date;
}

/**
 * Answers are kept for a day, in the store, so that a repeated request finds them in every process and after a restart.
 *
 * The key is taken before the action runs. Should the process die in between, nobody knows whether the action took effect,
 * and a repeated request is told just that rather than run again.
 */
export function openReplays({ store, signingKey, now = () => new Date() }: ReplayParts): Replays {
  return {
    async once({ principal, key, route, input }, run, keep) {
      const place = { workspace_id: principal.workspaceId, actor: principal.actor, idempotency_key: key };
      const request = createHmac("sha256", signingKey).update(digest({ route, input })).digest("hex");
      const known = await claim(store, place, request, now());
      if (known) return { ...replay(known, request), isReplay: true };

      const answer = await run();
      await settle(store, place, keep(answer));
      return { ...answer, isReplay: false };
    },
  };
}

async function settle({ db }: Store, place: Place, kept: Answer | undefined): Promise<void> {
  if (!kept) return void (await db.deleteFrom("answers").where(at(place)).execute());
  const { status, body } = kept;
  const answer = { status, body: body === undefined ? null : JSON.stringify(body) };
  await db.updateTable("answers").set(answer).where(at(place)).execute();
}

function at(place: Place) {
  return ({ and }: ExpressionBuilder<Tables, "answers">) => and(place);
}

type Place = Pick<AnswerRow, "workspace_id" | "actor" | "idempotency_key">;

/** Takes a key that is free, or gives what it was used for. */
async function claim(store: Store, place: Place, request: string, now: Date): Promise<AnswerRow | undefined> {
  await store.db.deleteFrom("answers").where("expires_at", "<=", now.toISOString()).execute();
  const expires_at = new Date(now.getTime() + KEPT_MS).toISOString();
  const { numInsertedOrUpdatedRows } = await store.db
    .insertInto("answers")
    .values({ ...place, request, status: null, body: null, expires_at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const known = await store.db.selectFrom("answers").selectAll().where(at(place)).executeTakeFirst();
  // By then it may be free again.
  return known ?? claim(store, place, request, now);
}

function replay(row: AnswerRow, request: string): Answer {
  if (row.request !== request) {
    throw new HubError("idempotency_key_reused", "This Idempotency-Key was used for another request.", {
      hint: "Make a new key for each request that is not a repetition.",
    });
  }
  if (row.status === null) {
    throw new HubError("conflict", "The first request with this Idempotency-Key is not finished, or was cut off.", {
      hint: "Repeat it in a moment; if that does not help, look whether it took effect before you send it with a new key.",
      details: { retryAfterMs: 1000 },
    });
  }
  return { status: row.status, body: row.body === null ? undefined : (JSON.parse(row.body) as object) };
}
