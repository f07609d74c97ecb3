import { type Migration, Migrator } from "kysely/migration";
import { sql } from "kysely";
import { HubError } from "../errors.ts";
import { first } from "./migrations/0001-first.ts";
import { answers } from "./migrations/0002-answers.ts";
import { oauth } from "./migrations/0003-oauth.ts";
import { decisions } from "./migrations/0004-decisions.ts";
import { grantEnv } from "./migrations/0005-grant-env.ts";
import { outbox } from "./migrations/0006-outbox.ts";
import { inbound } from "./migrations/0007-inbound.ts";
import { auditQueries } from "./migrations/0008-audit-queries.ts";
import { labels } from "./migrations/0009-labels.ts";
import { accountNames } from "./migrations/0010-account-names.ts";
import type { Db, Engine } from "./open.ts";

/** Every migration by its name, oldest first. One that was released is never changed. */
export function migrations(engine: Engine): Record<string, Migration> {
  return {
    "0001-first": first(engine),
    "0002-answers": answers,
    "0003-oauth": oauth,
    "0004-decisions": decisions,
    "0005-grant-env": grantEnv,
    "0006-outbox": outbox,
    "0007-inbound": inbound(engine),
    "0008-audit-queries": auditQueries,
    "0009-labels": labels,
    "0010-account-names": accountNames,
  };
}

/** Brings the schema up to date, each migration in a transaction, one process at a time. */
export async function migrate(db: Db, engine: Engine): Promise<void> {
  const known = Object.keys(migrations(engine));
  const applied = await appliedNames(db);
  const foreign = applied.find((name) => !known.includes(name));
  if (foreign !== undefined) {
    throw new HubError("conflict", `The database was changed by a newer Patchbay (${foreign}).`, {
      hint: "Start the newer version, or restore a backup from before the upgrade.",
    });
  }
  if (applied.length === known.length) return;

  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations(engine) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Whether every migration was applied, and none that only a newer Patchbay knows. */
export async function isCurrent(db: Db, engine: Engine): Promise<boolean> {
  const applied = await readNames(db);
  return applied.join() === Object.keys(migrations(engine)).join();
}

/** Asked directly, since to look at every table first, as the migrator does, costs each start a dozen queries. */
async function appliedNames(db: Db): Promise<string[]> {
  try {
    return await readNames(db);
  } catch {
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
    // Another process may be making them just now; and whatever else went wrong, this tells.
    return tables.some(({ name }) => name === "kysely_migration") ? readNames(db) : [];
  }
}

async function readNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}
