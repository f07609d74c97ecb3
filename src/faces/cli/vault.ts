import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { environment } from "../../config.ts";
import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import { createKeyFile, parseKey, readKeyFile, replaceKeyFile } from "../../vault/key-file.ts";
import { openKeychain } from "../../vault/keychain.ts";
import { KEYCHAIN } from "../../vault/master-key.ts";
import type { GlobalOptions } from "./global-options.ts";
import { lineWidth, print, printJson, printNote } from "./output.ts";
import { renderFacts } from "./render.ts";
import { withHub } from "./with-hub.ts";

/** Secrets that are moved before it is said how many are left. */
const STEP = 50;

/** Shows where the keys are and how far a rotation is. */
export function showVault(options: GlobalOptions): Promise<number> {
  return withHub(options, async (hub) => {
    show(options, await describeVault(hub));
    return 0;
  });
}

async function describeVault({ vault, masterKey: { source, where } }: Hub) {
  const { sealingSince, dataKeys, secrets, left } = await vault.status();
  return {
    master_key: { source, where },
    data_keys: dataKeys,
    sealing_since: sealingSince,
    secrets,
    left_to_move: left,
  };
}

/** Makes a new data key, unless a rotation was interrupted, and seals everything by it. */
export function rotateVault(options: GlobalOptions): Promise<number> {
  return withHub(options, async (hub, signal) => {
    const { vault, audit, owner } = hub;
    const resumed = (await vault.status()).left > 0;
    if (!resumed) {
      await audit.append({ workspaceId: owner.workspaceId, actor: owner.actor, action: "vault.rotate" });
      await vault.rotateDataKey();
    }
    let progress = await vault.resealSome(STEP);
    let moved = progress.moved;
    while (progress.left > 0) {
      printNote(`${moved} moved, ${progress.left} left.`);
      if (signal.aborted) throw interrupted(progress.left);
      progress = await vault.resealSome(STEP);
      moved += progress.moved;
    }
    show(options, { resumed, moved, ...(await describeVault(hub)) });
    return 0;
  });
}

function interrupted(left: number): HubError {
  return new HubError("cancelled", `The rotation was interrupted with ${left} secrets left; all of them still open.`, {
    hint: 'Go on with "patchbay vault rotate".',
  });
}

export interface NewPlace {
  readonly file?: string;
  /** The name of a variable. */
  readonly env?: string;
  readonly keychain?: true;
}

/** Wraps the data keys by another master key, which is on disk, or the owner's own, before the vault needs it. */
export function changeMasterKey(options: GlobalOptions, place: NewPlace): Promise<number> {
  return withHub(options, async (hub) => {
    const { vault, audit, owner } = hub;
    const rotate = async (key: Buffer): Promise<void> => {
      await audit.append({ workspaceId: owner.workspaceId, actor: owner.actor, action: "vault.change_master_key" });
      await vault.rotateMasterKey(key);
    };
    const { where, next } = await replaceMasterKey(hub, place, rotate);
    show(options, { master_key: where, next });
    return 0;
  });
}

type Rotate = (key: Buffer) => Promise<void>;

async function replaceMasterKey({ masterKey }: Hub, { file, env, keychain }: NewPlace, rotate: Rotate) {
  const restart = "Restart every process of this hub. Backups made before now need the old key.";
  if (env !== undefined) {
    await rotate(readVariable(env));
    return {
      where: env,
      next: `Set PATCHBAY_MASTER_KEY to the value of ${env} wherever the hub is started. ${restart}`,
    };
  }
  if (file !== undefined) {
    const path = resolve(file);
    if (path === masterKey.where) throw sameFile(path);
    await rotate(readOrMake(path));
    return { where: path, next: `Set PATCHBAY_MASTER_KEY_FILE=${path}, and not PATCHBAY_MASTER_KEY. ${restart}` };
  }
  if (keychain) {
    await rotate(await readOrKeep(masterKey));
    return { where: KEYCHAIN, next: restart };
  }
  if (masterKey.source === "environment" || masterKey.source === "keychain") throw noFile(masterKey.where);
  await replaceKeyFile(masterKey.where, rotate);
  return { where: masterKey.where, next: restart };
}

function readVariable(name: string): Buffer {
  const value = environment()[name];
  if (value !== undefined && value !== "") return parseKey(value, name);
  throw new HubError("not_found", `The environment variable ${name} is not set.`, {
    hint: `Set it to a new key, e.g. with ${name}="$(openssl rand -base64 32)", and keep that.`,
  });
}

/** The file may be there already: from an attempt that was interrupted, or because the owner made it. */
function readOrMake(path: string): Buffer {
  createKeyFile(path, randomBytes(32));
  const key = readKeyFile(path);
  if (key) return key;
  throw new HubError("conflict", `The key file ${path} has just been taken away.`);
}

/** The keychain may hold a key already, which is never overwritten. */
async function readOrKeep({ source }: Hub["masterKey"]): Promise<Buffer> {
  if (source === "keychain" || source === "environment" || source === "key file") throw notFromFolder(source);
  const chain = openKeychain();
  const kept = await chain.get();
  if (kept !== undefined) return parseKey(kept, KEYCHAIN);
  const fresh = randomBytes(32);
  await chain.set(fresh.toString("base64"));
  return fresh;
}

function sameFile(path: string): HubError {
  return new HubError("invalid_input", `${path} holds the key that is in use.`, {
    hint: "Leave --file out to have a new key take its place, or name another file.",
  });
}

function noFile(where: string): HubError {
  return new HubError("invalid_input", `The master key is in ${where}, where Patchbay can't replace it.`, {
    hint: "Say where the new one is to be: --file FILE or --env NAME.",
  });
}

function notFromFolder(source: string): HubError {
  return new HubError(
    "invalid_input",
    `The master key comes from the ${source}, which is looked at before the keychain.`,
    {
      hint: "Name a place for the new one with --file FILE or --env NAME.",
    },
  );
}

function show({ json }: GlobalOptions, facts: Readonly<Record<string, unknown>>): void {
  if (json) printJson(facts);
  else print(renderFacts(facts, lineWidth()));
}
