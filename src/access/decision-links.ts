import { createHmac, timingSafeEqual } from "node:crypto";

/** What an owner decides on a page of its own; the page is at this path. */
export type Decidable = "approvals" | "requests";

/** Addresses of the pages on which owners decide. */
export interface DecisionLinks {
  /** For anyone: the page says how an owner decides, and shows nothing. */
  open(kind: Decidable, id: string): string;
  /** For owners only: whoever has it sees what is asked and decides, once, until it expires. */
  sign(kind: Decidable, id: string, expiresAt: Date): string;
  /** Whether a token is the one of a signed address, in time. */
  verify(kind: Decidable, id: string, token: string, now?: Date): boolean;
}

interface LinkOptions {
  /** Where others reach the hub, without a trailing slash. */
  readonly publicUrl: () => string;
  /** The same in every replica, and derived anew at each start: nothing about a link is stored. */
  readonly key: Uint8Array;
}

/** Signs links by an HMAC over what they are about and the second in which they expire. */
export function openDecisionLinks({ publicUrl, key }: LinkOptions): DecisionLinks {
  const open = (kind: Decidable, id: string): string => `${publicUrl()}/${kind}/${id}`;
  const signature = (kind: Decidable, id: string, expires: string): Buffer =>
    createHmac("sha256", key).update(`${kind} ${id} ${expires}`).digest();
  return {
    open,
    sign(kind, id, expiresAt) {
      const expires = String(Math.floor(expiresAt.getTime() / 1000));
      return `${open(kind, id)}?token=${expires}.${signature(kind, id, expires).toString("base64url")}`;
    },
    verify(kind, id, token, now = new Date()) {
      const [, expires, signed] = /^(\d{1,12})\.([\w-]{43})$/.exec(token) ?? [];
      if (expires === undefined || signed === undefined || Number(expires) * 1000 <= now.getTime()) return false;
      return timingSafeEqual(signature(kind, id, expires), Buffer.from(signed, "base64url"));
    },
  };
}
