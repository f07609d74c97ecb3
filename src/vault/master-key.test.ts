import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../testing/make-folder.ts";
import { createKeyFile } from "./key-file.ts";
import { findMasterKey } from "./master-key.ts";

function keyOf(byte: number): Buffer {
  return Buffer.alloc(32, byte);
}

/** All four places, each with a key of its own. */
function fillPlaces() {
  const dataDirectory = makeFolder();
  const keyFile = join(makeFolder(), "named.key");
  createKeyFile(keyFile, keyOf(2));
  createKeyFile(join(dataDirectory, "master.key"), keyOf(3));
  return {
    environment: keyOf(1).toString("hex"),
    keyFile,
    dataDirectory,
    keychain: { get: async () => keyOf(4).toString("base64") },
  };
}

test("the environment comes first", async () => {
  const places = fillPlaces();

  expect(await findMasterKey(places)).toEqual({
    key: keyOf(1),
    source: "environment",
    where: "PATCHBAY_MASTER_KEY",
    created: false,
  });
});

test("a named key file comes second", async () => {
  const { environment: _, ...places } = fillPlaces();

  expect(await findMasterKey(places)).toEqual({
    key: keyOf(2),
    source: "key file",
    where: places.keyFile,
    created: false,
  });
});

test("the key in the data directory comes next, and the keychain is not asked", async () => {
  const { dataDirectory } = fillPlaces();
  let asked = false;
  const keychain = {
    get: async () => {
      asked = true;
      return undefined;
    },
  };

  const found = await findMasterKey({ dataDirectory, keychain });

  expect(found).toEqual({
    key: keyOf(3),
    source: "generated file",
    where: join(dataDirectory, "master.key"),
    created: false,
  });
  expect(asked).toBe(false);
});

test("the keychain is used when it holds a key and no file does", async () => {
  const { keychain } = fillPlaces();
  const dataDirectory = makeFolder();

  const found = await findMasterKey({ dataDirectory, keychain });

  expect(found).toMatchObject({ key: keyOf(4), source: "keychain", created: false });
  expect(readdirSync(dataDirectory)).toEqual([]);
});

test("without a key anywhere one is made, once", async () => {
  const dataDirectory = makeFolder();
  const keychain = { get: async () => undefined };

  const first = await findMasterKey({ dataDirectory, keychain });
  const second = await findMasterKey({ dataDirectory, keychain });

  expect(first).toMatchObject({ source: "generated file", where: join(dataDirectory, "master.key"), created: true });
  expect(second).toEqual({ ...first, created: false });
});

test("no key is made for a vault that it can't open", async () => {
  const dataDirectory = makeFolder();

  await expect(findMasterKey({ dataDirectory, fits: async () => false })).rejects.toMatchObject({
    code: "conflict",
    message: "The master key that sealed this database is gone.",
    hint: `Put it back into ${join(dataDirectory, "master.key")}, or set PATCHBAY_MASTER_KEY.`,
  });
  expect(readdirSync(dataDirectory)).toEqual([]);
});

test("a named key file that is not there is never made", async () => {
  const keyFile = join(makeFolder(), "named.key");

  await expect(findMasterKey({ keyFile, dataDirectory: makeFolder() })).rejects.toMatchObject({
    code: "not_found",
    message: `There is no key file ${keyFile}.`,
  });
});

test("a variable that holds no key is refused rather than passed over", async () => {
  const { dataDirectory } = fillPlaces();

  await expect(findMasterKey({ environment: "", dataDirectory })).rejects.toMatchObject({ code: "invalid_input" });
});
