import { createHmac } from "node:crypto";
import { HubError } from "../errors.ts";
import type { DataKeyRow } from "../store/tables.ts";
import { decrypt, encrypt } from "./cipher.ts";

/** A data key as the store keeps it: encrypted by a master key that is named by a digest. */
type WrappedKey = Pick<DataKeyRow, "id" | "wrapped" | "master_id">;

export function wrapKey(masterKey: Buffer, id: string, key: Buffer): WrappedKey {
  const master_id = identifyMasterKey(masterKey);
  return { id, master_id, wrapped: encrypt(masterKey, key, contextOf(id, master_id)) };
}

/** Throws `conflict` when another master key wrapped it; `where` tells people where this one is kept. */
export function unwrapKey(masterKey: Buffer, { id, wrapped, master_id }: WrappedKey, where: string): Buffer {
  checkMasterKey(masterKey, [{ master_id }], where);
  const key = decrypt(masterKey, wrapped, contextOf(id, master_id));
  if (key) return key;
  throw new HubError("internal", `The data key ${id} was changed outside Patchbay.`, {
    hint: "Restore the table data_keys from a backup.",
  });
}

/** Throws `conflict` unless this master key wrapped all of the keys. */
export function checkMasterKey(masterKey: Buffer, keys: readonly Pick<WrappedKey, "master_id">[], where: string): void {
  const id = identifyMasterKey(masterKey);
  if (keys.every(({ master_id }) => master_id === id)) return;
  throw new HubError("conflict", `The master key in ${where} is not the one that sealed this database.`, {
    hint: "Start with the key that sealed it; after a rotation that is the new one.",
  });
}

/** Tells master keys apart and says nothing about them. */
export function identifyMasterKey(masterKey: Buffer): string {
  return createHmac("sha256", masterKey).update("patchbay master key id v1").digest("hex").slice(0, 32);
}

function contextOf(id: string, masterId: string): string[] {
  return ["patchbay data key v1", id, masterId];
}
