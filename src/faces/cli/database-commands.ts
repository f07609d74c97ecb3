import type { Command } from "commander";
import type { Finish } from "./add-action.ts";
import { addGlobalOptions } from "./global-options.ts";

/** Adds the commands about the database as a whole. */
export function addDatabaseCommands(program: Command, finish: Finish): void {
  addBackup(program, finish);
  addMigrate(program, finish);
}

interface Destination {
  readonly to: string;
}

function addBackup(program: Command, finish: Finish): void {
  const command = program
    .command("backup")
    .description("Copy the database into a file, also while the hub runs.")
    .requiredOption("--to <file>", "where to");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async ({ to }: Destination) => {
    const { backup } = await import("./backup.ts");
    finish(await backup({ ...readOptions(), to }));
  });
}

function addMigrate(program: Command, finish: Finish): void {
  const command = program
    .command("migrate")
    .description("Move a hub that is stopped from its SQLite file to PostgreSQL.")
    .requiredOption("--to <url>", "an empty database, as postgres://user@host/name; PGPASSWORD may hold its password");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async ({ to }: Destination) => {
    const { migrate } = await import("./migrate.ts");
    finish(await migrate({ ...readOptions(), to }));
  });
}
