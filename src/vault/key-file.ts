import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { HubError } from "../errors.ts";

type Fits = (key: Buffer) => Promise<boolean>;

const DRAFT = ".draft";

/** Reads 32 bytes from their text. `where` names the text in the error, which never shows it. */
export function parseKey(text: string, where: string): Buffer {
  const digits = text.trim();
  if (/^[0-9a-f]{64}$/i.test(digits)) return Buffer.from(digits, "hex");
  if (/^[\w+/-]{43}=?$/.test(digits)) return Buffer.from(digits, "base64");
  throw new HubError("invalid_input", `${where} holds no master key: that is 32 bytes as base64 or hex.`, {
    hint: 'Make one with "openssl rand -base64 32".',
  });
}

/** Reads the key in a file; `undefined` without one. A file that others may read is refused. */
export function readKeyFile(path: string): Buffer | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, "0");
    throw new HubError("invalid_input", `Others may use the master key in ${path}: its mode is ${octal}.`, {
      hint: `Run "chmod 600 ${path}".`,
    });
  }
  return parseKey(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new HubError("unavailable", `The master key in ${path} can't be read.`, {
      hint: "Make it a file of the user that runs Patchbay.",
      cause,
    });
  }
}

/**
 * Keeps a key in a new file, on disk when this returns; false when there is a file already.
 *
 * The file appears with all of its contents or not at all, so processes that start together agree on one key.
 */
export function createKeyFile(path: string, key: Buffer): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return writeOnce(path, `${key.toString("base64")}\n`);
  } catch (cause) {
    throw new HubError("unavailable", `No master key could be written to ${path}.`, {
      hint: "Let Patchbay write to that folder, or set PATCHBAY_MASTER_KEY.",
      cause,
    });
  }
}

function writeOnce(path: string, text: string): boolean {
  const draft = `${path}.${randomUUID()}${DRAFT}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
    linkSync(draft, path);
    syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    // A process that has just finished a replacement took the draft for one that a crash had left.
    if (hasCode(error, "ENOENT") && existsSync(dirname(path))) return writeOnce(path, text);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A process that was killed may have left its draft: a copy of a key of which nobody would know. */
function removeDrafts(path: string): void {
  const directory = dirname(path);
  const drafts = readdirSync(directory).filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(DRAFT));
  for (const name of drafts) rmSync(join(directory, name), { force: true });
}

/**
 * Gives the vault a new master key and puts it into the old one's file.
 *
 * The new key is on disk before the vault needs it. After a crash at any moment the file or the one beside it opens the
 * vault, and `finishReplacement` finds out which.
 */
export async function replaceKeyFile(path: string, rotate: (newKey: Buffer) => Promise<void>): Promise<void> {
  createKeyFile(nextTo(path), randomBytes(32));
  // Not always the one just made: an attempt that was interrupted goes on with its own.
  const next = readKeyFile(nextTo(path));
  if (!next) throw new HubError("conflict", `Another process has just replaced the master key in ${path}.`);
  await rotate(next);
  promoteNext(path);
}

/** Whether a new key waits beside the one in a file. */
export function hasReplacement(path: string): boolean {
  return existsSync(nextTo(path));
}

/** Puts the new key into place if its replacement was interrupted after the vault had taken it. */
export async function finishReplacement(path: string, fits: Fits): Promise<void> {
  const next = readKeyFile(nextTo(path));
  if (!next) return;
  const key = readKeyFile(path);
  if (key && (await fits(key))) return;
  if (await fits(next)) promoteNext(path);
}

function nextTo(path: string): string {
  return `${path}.next`;
}

function promoteNext(path: string): void {
  try {
    renameSync(nextTo(path), path);
  } catch (error) {
    // Another process has just finished it.
    if (!hasCode(error, "ENOENT")) throw error;
  }
  removeDrafts(path);
  syncDirectory(dirname(path));
}

/** Until then a crash of the machine may take a new name back. Windows offers no such call. */
function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(directory, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
