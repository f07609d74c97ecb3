import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { HubError } from "../errors.ts";
import { createKeyFile, finishReplacement, parseKey, readKeyFile } from "./key-file.ts";
import type { Keychain } from "./keychain.ts";

/** The key that wraps the keys that seal credentials. */
export interface MasterKey {
  /** 32 bytes. */
  readonly key: Buffer;
  readonly source: "environment" | "key file" | "keychain" | "generated file";
  /** Where it is kept, for people: a variable, a path, or the keychain. */
  readonly where: string;
  /** Whether it was made just now. */
  readonly created: boolean;
}

/** For people. */
export const KEYCHAIN = "the operating system's keychain";

interface MasterKeyPlaces {
  /** The value of `PATCHBAY_MASTER_KEY`. */
  readonly environment?: string;
  readonly keyFile?: string;
  /** Where a generated key is kept. */
  readonly dataDirectory: string;
  readonly keychain?: Pick<Keychain, "get">;
  /** Whether a key opens the vault; any does as long as nothing is sealed. */
  readonly fits?: (key: Buffer) => Promise<boolean>;
}

/**
 * Finds the master key: in the environment, a key file, the data directory or the keychain; else makes one in the data
 * directory.
 *
 * The keychain is slow, so it is asked only when the data directory has no key. No key is made for a vault that it can't
 * open: that would hide that the right one is lost.
 */
export async function findMasterKey(places: MasterKeyPlaces): Promise<MasterKey> {
  const { environment, keyFile, dataDirectory, keychain, fits = () => Promise.resolve(true) } = places;
  if (environment !== undefined) {
    const where = "PATCHBAY_MASTER_KEY";
    return { key: parseKey(environment, where), source: "environment", where, created: false };
  }

  const path = keyFile ?? join(dataDirectory, "master.key");
  await finishReplacement(path, fits);
  const inFile = readKeyFile(path);
  // A key that was moved into the keychain leaves the old one in the data folder, where backups may still need it.
  if (inFile && (keyFile !== undefined || (await fits(inFile)) || !(await fitsKeychain(keychain, fits)))) {
    return { key: inFile, source: keyFile === undefined ? "generated file" : "key file", where: path, created: false };
  }
  if (keyFile !== undefined) {
    throw new HubError("not_found", `There is no key file ${keyFile}.`, {
      hint: `Put the key back, or for a new hub run "(umask 077; openssl rand -base64 32 > ${keyFile})".`,
    });
  }

  const inKeychain = await keychain?.get();
  if (inKeychain !== undefined) {
    return { key: parseKey(inKeychain, KEYCHAIN), source: "keychain", where: KEYCHAIN, created: false };
  }
  return generateKey(path, fits);
}

async function fitsKeychain(
  keychain: MasterKeyPlaces["keychain"],
  fits: (key: Buffer) => Promise<boolean>,
): Promise<boolean> {
  const text = await keychain?.get();
  return text !== undefined && fits(parseKey(text, KEYCHAIN));
}

async function generateKey(path: string, fits: (key: Buffer) => Promise<boolean>): Promise<MasterKey> {
  const fresh = randomBytes(32);
  const created = (await fits(fresh)) && createKeyFile(path, fresh);
  // Where another process was first, the key is its key.
  const key = readKeyFile(path);
  if (key) return { key, source: "generated file", where: path, created };
  throw new HubError("conflict", "The master key that sealed this database is gone.", {
    hint: `Put it back into ${path}, or set PATCHBAY_MASTER_KEY.`,
  });
}
