import { type Command, Option } from "commander";
import type { Finish } from "./add-action.ts";
import { addGlobalOptions } from "./global-options.ts";

/** Adds what concerns the keys that seal credentials. A master key must not travel, so none of it is in the API. */
export function addVault(program: Command, finish: Finish): void {
  const vault = program.command("vault").helpCommand(false).description("status, rotate, change-master-key");
  addGlobalOptions(vault, "json");
  addStatus(vault, finish);
  addRotate(vault, finish);
  addChangeMasterKey(vault, finish);
}

function addStatus(vault: Command, finish: Finish): void {
  const command = vault
    .command("status")
    .description("Show where the master key is, how old the data key is, and how far a rotation is.");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async () => {
    const { showVault } = await import("./vault.ts");
    finish(await showVault(readOptions()));
  });
}

function addRotate(vault: Command, finish: Finish): void {
  const command = vault
    .command("rotate")
    .description("Seal all credentials by a new data key while the hub runs; goes on where it was interrupted.");
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async () => {
    const { rotateVault } = await import("./vault.ts");
    finish(await rotateVault(readOptions()));
  });
}

function addChangeMasterKey(vault: Command, finish: Finish): void {
  const command = vault
    .command("change-master-key")
    .description("Wrap the data keys by a new master key. Without an option it takes the old one's place in its file.")
    .option("--file <file>", "keep the new key in this file, which is made unless it holds a key already")
    .addOption(
      new Option("--env <name>", "take the new key from this environment variable").conflicts(["file", "keychain"]),
    )
    .addOption(new Option("--keychain", "keep the new key in the operating system's keychain").conflicts(["file"]));
  const readOptions = addGlobalOptions(command, "json", "config");
  command.action(async (place: { file?: string; env?: string; keychain?: true }) => {
    const { changeMasterKey } = await import("./vault.ts");
    finish(await changeMasterKey(readOptions(), place));
  });
}
