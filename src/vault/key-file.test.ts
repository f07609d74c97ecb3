import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder, makeSqliteDatabase, startChild } from "#testing";
import { createKeyFile, finishReplacement, parseKey, readKeyFile, replaceKeyFile } from "./key-file.ts";
import { findMasterKey } from "./master-key.ts";
import { fitsDataKeys } from "./open-data-keys.ts";
import { openVault } from "./open-vault.ts";

const CREATE_KEYS = new URL("../../test/fixtures/create-keys.ts", import.meta.url);
const REPLACE_KEYS = new URL("../../test/fixtures/replace-keys.ts", import.meta.url);

const ADDRESS = { workspaceId: "ws_1", belongsTo: "int_1", field: "GITHUB_TOKEN" };

function writeKeyFile(mode: number): string {
  const path = join(makeFolder(), "key");
  writeFileSync(path, `${Buffer.alloc(32, 7).toString("base64")}\n`);
  chmodSync(path, mode);
  return path;
}

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));

test.each([
  ["base64", bytes.toString("base64")],
  ["base64 without padding", bytes.toString("base64").replace("=", "")],
  ["base64url", bytes.toString("base64url")],
  ["hex", bytes.toString("hex")],
  ["hex in capitals", bytes.toString("hex").toUpperCase()],
  ["base64 in a line of its own", `${bytes.toString("base64")}\n`],
])("a key may be written as %s", (_, text) => {
  expect(parseKey(text, "PATCHBAY_MASTER_KEY")).toEqual(bytes);
});

test.each([
  ["nothing", ""],
  ["a password", "correct horse battery staple"],
  ["31 bytes", Buffer.alloc(31, 1).toString("base64")],
  ["33 bytes", Buffer.alloc(33, 1).toString("base64")],
  ["31 bytes as hex", "ab".repeat(31)],
  ["two lines", `${bytes.toString("base64")}\n${bytes.toString("base64")}`],
])("%s is refused as a key, and not repeated", (_, text) => {
  const parse = (): Buffer => parseKey(text, "PATCHBAY_MASTER_KEY");

  expect(parse).toThrow("PATCHBAY_MASTER_KEY holds no master key: that is 32 bytes as base64 or hex.");
});

test.each([0o600, 0o400])("a key file of mode %o is read", (mode) => {
  expect(readKeyFile(writeKeyFile(mode))).toEqual(Buffer.alloc(32, 7));
});

test.each([0o640, 0o604, 0o644, 0o620, 0o660])("a key file of mode %o is refused with the cure", (mode) => {
  const path = writeKeyFile(mode);

  expect(() => readKeyFile(path)).toThrow(
    expect.objectContaining({ code: "invalid_input", hint: `Run "chmod 600 ${path}".` }),
  );
});

test("without a file there is no key", () => {
  expect(readKeyFile(join(makeFolder(), "key"))).toBeUndefined();
});

test("a key file that is a folder is told by its name", () => {
  const folder = makeFolder();
  chmodSync(folder, 0o700);

  expect(() => readKeyFile(folder)).toThrow(`The master key in ${folder} can't be read.`);
});

test("a new key file is its owner's, and nothing else is left beside it", () => {
  const folder = join(makeFolder(), "home");
  const key = randomBytes(32);

  const created = createKeyFile(join(folder, "key"), key);

  expect(created).toBe(true);
  expect(readKeyFile(join(folder, "key"))).toEqual(key);
  expect(statSync(join(folder, "key")).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder)).toEqual(["key"]);
});

test("a key file that is there is never overwritten", () => {
  const path = writeKeyFile(0o600);

  const created = createKeyFile(path, randomBytes(32));

  expect(created).toBe(false);
  expect(readKeyFile(path)).toEqual(Buffer.alloc(32, 7));
});

test("a folder that can't be written to is told with the way around it", () => {
  const path = join(writeKeyFile(0o600), "key");

  expect(() => createKeyFile(path, randomBytes(32))).toThrow(`No master key could be written to ${path}.`);
});

test("processes that make the same key files at once agree on every key", async () => {
  const folder = makeFolder();

  const children = ["1", "2", "3", "4"].map(() => startChild(CREATE_KEYS, folder, "100"));
  const keys = await Promise.all(children.map((child) => child.nextLine()));

  expect(keys[0]).toHaveLength(100 * 65 - 1);
  expect(new Set(keys)).toEqual(new Set([keys[0]]));
});

test("replacing a key file leaves only the new key, which the vault was given", async () => {
  const path = writeKeyFile(0o600);
  const given: Buffer[] = [];

  await replaceKeyFile(path, async (key) => void given.push(key));

  expect(readKeyFile(path)).toEqual(given[0]);
  expect(given[0]).not.toEqual(Buffer.alloc(32, 7));
  expect(existsSync(`${path}.next`)).toBe(false);
});

test("a replacement takes away the copies of a key that killed processes left", async () => {
  const path = writeKeyFile(0o600);
  for (const left of [".8f4e.draft", ".next.8f4e.draft"]) writeFileSync(`${path}${left}`, "a key");
  writeFileSync(`${path}ring`, "not ours");

  await replaceKeyFile(path, async () => undefined);

  expect(readdirSync(dirname(path))).toEqual(["key", "keyring"]);
});

test("a replacement that the vault refused changes nothing, and the next attempt goes on with its key", async () => {
  const path = writeKeyFile(0o600);
  const given: Buffer[] = [];
  const refuse = async (key: Buffer): Promise<void> => {
    given.push(key);
    throw new Error("no");
  };

  await expect(replaceKeyFile(path, refuse)).rejects.toThrow("no");
  await finishReplacement(path, async (key) => key.equals(Buffer.alloc(32, 7)));
  const between = readKeyFile(path);
  await replaceKeyFile(path, async (key) => void given.push(key));

  expect(between).toEqual(Buffer.alloc(32, 7));
  expect(given[1]).toEqual(given[0]);
  expect(readKeyFile(path)).toEqual(given[0]);
});

test("a replacement that ended after the vault had taken the new key is finished", async () => {
  const path = writeKeyFile(0o600);
  const next = randomBytes(32);
  createKeyFile(`${path}.next`, next);

  await finishReplacement(path, async (key) => key.equals(next));

  expect(readKeyFile(path)).toEqual(next);
  expect(existsSync(`${path}.next`)).toBe(false);
});

test("a replacement that was interrupted is left alone while nothing is sealed", async () => {
  const path = writeKeyFile(0o600);
  createKeyFile(`${path}.next`, randomBytes(32));

  await finishReplacement(path, async () => true);

  expect(readKeyFile(path)).toEqual(Buffer.alloc(32, 7));
});

test.each([1, 4, 9])("a process killed after %i replacements leaves a vault that opens", async (replacements) => {
  const { url, open } = await makeSqliteDatabase();
  const store = await open();
  const dataDirectory = makeFolder();
  const fits = (key: Buffer): Promise<boolean> => fitsDataKeys(store, key);
  const before = await openVault({ store, masterKey: await findMasterKey({ dataDirectory, fits }) });
  const sealed = await before.seal(ADDRESS, "ghp_secret");
  const child = startChild(REPLACE_KEYS, url, dataDirectory, String(replacements));

  await child.nextLine();
  await child.kill();

  const vault = await openVault({ store, masterKey: await findMasterKey({ dataDirectory, fits }) });
  expect(await vault.open(ADDRESS, sealed)).toBe("ghp_secret");
});
