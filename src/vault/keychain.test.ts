import { expect, test } from "vitest";
import { openKeychain } from "./keychain.ts";

/** An entry of a keychain that works. */
function makeEntry() {
  let password: string | null = null;
  return {
    getPassword: async () => password,
    setPassword: async (given: string) => {
      password = given;
    },
  };
}

test("a key that was set can be read", async () => {
  const entry = makeEntry();
  const keychain = openKeychain(async () => entry);

  await keychain.set("a key");

  expect(await keychain.get()).toBe("a key");
});

test("a keychain without the key has none", async () => {
  const keychain = openKeychain(async () => makeEntry());

  expect(await keychain.get()).toBeUndefined();
});

test("a keychain that fails, or can't be loaded, has no key", async () => {
  const failing = openKeychain(async () => ({
    ...makeEntry(),
    getPassword: () => Promise.reject(new Error("locked")),
  }));
  const missing = openKeychain(() => Promise.reject(new Error("Cannot find module")));

  expect(await failing.get()).toBeUndefined();
  expect(await missing.get()).toBeUndefined();
});

test("a keychain that never answers has no key", async () => {
  const silent = openKeychain(async () => ({ ...makeEntry(), getPassword: () => new Promise<null>(() => {}) }), 10);

  expect(await silent.get()).toBeUndefined();
});

test("a keychain that forgets or refuses a key is told, without the key", async () => {
  const forgetful = openKeychain(async () => ({ ...makeEntry(), getPassword: async () => null }));
  const locked = openKeychain(async () => ({ ...makeEntry(), setPassword: () => Promise.reject(new Error("a key")) }));
  const refusal = { code: "unavailable", message: "The operating system's keychain did not keep the master key." };

  await expect(forgetful.set("a key")).rejects.toMatchObject(refusal);
  await expect(locked.set("a key")).rejects.toMatchObject(refusal);
});

test("asking this machine's keychain never fails", async () => {
  const asking = openKeychain().get();

  await expect(asking.then(() => "answered")).resolves.toBe("answered");
});
