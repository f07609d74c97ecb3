import { setTimeout } from "node:timers/promises";
import { type Transaction, sql } from "kysely";
import pg from "pg";
import type { Tables } from "./tables.ts";

const CHANNEL = "patchbay_changes";
const TICK_MS = 250;
/** How long a connection that looks alive and hears nothing is trusted, as one is behind a pooler that drops `LISTEN`. */
const TRUSTED_MS = 5_000;
const LONGEST_PAUSE_MS = 5_000;
const LET_GO_MS = 1_000;

/** Has every process that listens look for news once the transaction commits. */
export async function announce(db: Transaction<Tables>): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, '')`.execute(db);
}

/**
 * Calls `look` as soon as something is announced, until the returned function is called.
 *
 * What PostgreSQL announces while nobody listens is lost. So it also looks each time the connection has come up, four
 * times a second while it is down, and every few seconds in any case.
 */
export function listenForNews(url: string, look: () => Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  let client: pg.Client | undefined;
  let isListening = false;
  let lookedAt = 0;

  function lookNow(): void {
    lookedAt = performance.now();
    // The database is away: at the next tick it is asked again, and calls meanwhile get its error themselves.
    look().catch(() => (lookedAt = 0));
  }

  const timer = setInterval(() => {
    if (!isListening || performance.now() - lookedAt > TRUSTED_MS) lookNow();
  }, TICK_MS);
  timer.unref();

  async function beginWith(connecting: pg.Client): Promise<void> {
    await connecting.connect();
    await connecting.query(`listen ${CHANNEL}`);
    isListening = true;
    lookNow();
  }

  /** Resolves when the connection is gone. */
  async function listenOnce(onListening: () => void): Promise<void> {
    client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000 });
    const gone = new Promise<void>((resolve) => client?.once("end", resolve));
    client.on("error", () => {});
    client.on("notification", lookNow);
    // Where a connection is ended while it is made, pg tells nothing to whoever waits for it.
    await Promise.race([beginWith(client).then(onListening), gone]);
    await gone;
  }

  async function listen(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      await listenOnce(() => (failures = 0)).catch(() => {});
      isListening = false;
      await client?.end().catch(() => {});
      const pauseMs = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures) * Math.random();
      await setTimeout(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  }

  const running = listen();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    client?.end().catch(() => {});
    // A server that has died without a word does not let go, and is not waited for.
    await Promise.race([running, setTimeout(LET_GO_MS, undefined, { ref: false })]);
  };
}
