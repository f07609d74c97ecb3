import { setTimeout } from "node:timers/promises";
import type { AsyncEntry } from "@napi-rs/keyring";
import { HubError } from "../errors.ts";

/** The place in the operating system's keychain where a master key may be kept, as text. */
export interface Keychain {
  /** `undefined` where there is no key, no keychain, or no answer in time: never a reason not to start. */
  get(): Promise<string | undefined>;
  /** Throws `unavailable` unless the key can then be read back. */
  set(key: string): Promise<void>;
}

type Entry = Pick<AsyncEntry, "getPassword" | "setPassword">;

/** A locked keychain asks the person at the screen; on a server there is none. */
const TIMEOUT_MS = 2000;

export function openKeychain(openEntry: () => Promise<Entry> = openSystemEntry, timeoutMs = TIMEOUT_MS): Keychain {
  return {
    async get() {
      try {
        const entry = await openEntry();
        const waiting = setTimeout(timeoutMs, undefined, { ref: false });
        return (await Promise.race([entry.getPassword(), waiting])) ?? undefined;
      } catch {
        return undefined;
      }
    },
    async set(key) {
      const isKept = await keep(openEntry, key).catch(() => false);
      if (isKept) return;
      throw new HubError("unavailable", "The operating system's keychain did not keep the master key.", {
        hint: "Unlock the keychain and try again, or keep the key in a file.",
      });
    },
  };
}

async function keep(openEntry: () => Promise<Entry>, key: string): Promise<boolean> {
  const entry = await openEntry();
  await entry.setPassword(key);
  return (await entry.getPassword()) === key;
}

// Optional, and loading it takes 25 ms, so only who asks pays.
async function openSystemEntry(): Promise<Entry> {
  const { AsyncEntry } = await import("@napi-rs/keyring");
  // Linux would otherwise fall back to the kernel's keyring, which forgets at the next boot.
  return new AsyncEntry("patchbay", "master-key", { linux: { store: "secret-service" } });
}
