import { verifyChain, type Verdict } from "../../audit/verify-chain.ts";
import { HubError } from "../../errors.ts";
import { findHubKey } from "../../hub.ts";
import { isPostgres, type Db, openStore, type Store } from "../../store/open.ts";
import { moveStore } from "../../store/move-store.ts";
import { openVault } from "../../vault/open-vault.ts";
import type { GlobalOptions } from "./global-options.ts";
import { hidePassword } from "./local-clients.ts";
import { paint, print, printJson } from "./output.ts";
import { hasHub, readLocalConfig } from "./with-hub.ts";
import { withProgress } from "./with-progress.ts";

/** Moves the hub of this machine from its SQLite file to PostgreSQL. The file stays as it was. */
export async function migrate({ to, ...options }: GlobalOptions & { readonly to: string }): Promise<number> {
  const config = readLocalConfig(options);
  const from = config.server.databaseUrl;
  checkPlaces(from, to, config.home);
  const source = await openStore(from, true);
  try {
    const masterKey = await findHubKey(config, source);
    // Whoever moves a hub without its key would find out when nothing can be read.
    await openVault({ store: source, masterKey });
    const target = await openStore(to);
    try {
      const entries = await withProgress(moveWhole(source, target));
      const facts = { from, to: hidePassword(to), master_key: masterKey.where, ...entries };
      if (options.json) printJson(facts);
      else print(describe(facts));
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return 0;
}

function checkPlaces(from: string, to: string, home: string): void {
  if (isPostgres(from)) {
    throw new HubError("invalid_input", `The hub is at ${hidePassword(from)} already.`, {
      hint: "Unset PATCHBAY_DATABASE_URL to move what is in the data folder.",
    });
  }
  if (!isPostgres(to)) {
    throw new HubError("invalid_input", "A hub moves to PostgreSQL only.", { hint: "Give --to postgres://…." });
  }
  if (hasHub(from)) return;
  throw new HubError("not_found", `There is no hub in ${home}.`, {
    hint: "A new one needs no move: set PATCHBAY_DATABASE_URL and start it.",
  });
}

interface Moving {
  readonly rows: number;
  /** Entries of the ledger, which was verified where it has arrived. */
  readonly audit_entries: number;
}

async function moveWhole(source: Store, target: Store): Promise<Moving> {
  const before = await verifyAll(source.db);
  let entries = 0;
  const moved = await moveStore(source, target, async (db) => {
    const after = await verifyAll(db);
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      throw new HubError("internal", "The ledger did not arrive as it was, so nothing was moved.", {
        hint: "Report this, with the version of PostgreSQL.",
      });
    }
    entries = Object.values(after).reduce((sum, verdict) => sum + verdict.entries, 0);
  });
  return { rows: Object.values(moved).reduce((sum, count) => sum + count, 0), audit_entries: entries };
}

/** A ledger that was tampered with before stays so, and `audit verify` goes on to say it. */
async function verifyAll(db: Db): Promise<Record<string, Verdict>> {
  const workspaces = await db.selectFrom("workspaces").select("id").orderBy("id").execute();
  const verdicts: Record<string, Verdict> = {};
  for (const { id } of workspaces) verdicts[id] = await verifyChain(db, id);
  return verdicts;
}

type Facts = Moving & { readonly from: string; readonly to: string; readonly master_key: string };

function describe({ from, to, rows, audit_entries, master_key }: Facts): string {
  return [
    paint("bold", `Moved ${rows} rows to ${to}`),
    `The ledger's ${audit_entries} entries were verified there.`,
    `From now on set PATCHBAY_DATABASE_URL to that address, for every replica, and give each the same master key: it is in ${master_key}.`,
    `${from} is as it was. Keep it until you trust the move, and then delete it: it holds the same secrets.`,
  ].join("\n");
}
