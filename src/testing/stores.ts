import { randomBytes } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { describe, onTestFinished } from "vitest";
import { openStore, type Store } from "../store/open.ts";
import { makeFolder } from "./make-folder.ts";

/** An empty database of one test, gone when the test ends. */
export interface TestDatabase {
  /** What `openStore` takes, also in another process. */
  readonly url: string;
  /** Opens a store that is closed when the test ends. */
  open(): Promise<Store>;
}

const POSTGRES_URL = process.env["PATCHBAY_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";

type Suite = (makeDatabase: () => Promise<TestDatabase>) => void;

/**
 * Runs one suite on SQLite files and on PostgreSQL; each test makes its own database.
 *
 * Without PostgreSQL its half is skipped, except where `CI` is set: there it fails.
 */
export async function onEachStore(suite: Suite): Promise<void> {
  describe("on SQLite", () => {
    suite(makeSqliteDatabase);
  });
  await onPostgres(suite);
}

/** `onEachStore` for what only PostgreSQL does. */
export async function onPostgres(suite: Suite): Promise<void> {
  const answers = await hasPostgres();
  describe.skipIf(!answers)("on PostgreSQL", () => {
    suite(makePostgresDatabase);
  });
}

async function hasPostgres(): Promise<boolean> {
  try {
    await askPostgres("select 1");
    return true;
  } catch (cause) {
    const { host } = new URL(POSTGRES_URL);
    const message = `PostgreSQL does not answer at ${host}; PATCHBAY_TEST_POSTGRES_URL can name another.`;
    if (process.env["CI"]) throw new Error(message, { cause });
    process.stderr.write(`${message} Its tests are skipped.\n`);
    return false;
  }
}

/** A new SQLite file in a folder of its own. */
export function makeSqliteDatabase(): Promise<TestDatabase> {
  return Promise.resolve(databaseAt(join(makeFolder(), "hub.db")));
}

async function makePostgresDatabase(): Promise<TestDatabase> {
  const name = `patchbay_test_${randomBytes(8).toString("hex")}`;
  await askPostgres(`create database ${name}`);
  onTestFinished(() => askPostgres(`drop database ${name} with (force)`));
  const url = new URL(POSTGRES_URL);
  url.pathname = name;
  return databaseAt(url.href);
}

function databaseAt(url: string): TestDatabase {
  return {
    url,
    async open() {
      const store = await openStore(url);
      onTestFinished(() => store.close());
      return store;
    },
  };
}

async function askPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
