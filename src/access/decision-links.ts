import { createHmac, timingSafeEqual } from "node:crypto";

/** What an owner decides on a page of its own; the page is at this path. */
export type Decidable = "approvals" | "requests" | "integrations";

interface Subject {
  readonly id: string;
  readonly workspaceId: string;
}

/** Addresses of the pages on which owners decide. */
export interface DecisionLinks {
  /** For anyone: the page says how an owner decides, and shows nothing. */
  open(kind: Decidable, id: string): string;
  /** For owners only: whoever has it sees what is asked and decides, once, until it expires. */
  sign(kind: Decidable, subject: Subject, expiresAt: Date): string;
  /** The workspace in which whoever has a signed address may decide; undefined where its token is not good, or no more. */
  verify(kind: Decidable, id: string, token: string, now?: Date): string | undefined;
  /** What a button holds by which an approval is decided where its message was sent. Short: Telegram keeps 64 bytes. */
  signButton(button: Button, verdict: Verdict): string;
  /** What a pressed button decides; undefined for one that the hub did not make for this account. */
  readButton(data: string, integrationId: string): { readonly approval: string; readonly verdict: Verdict } | undefined;
}

/** What an owner says by pressing a button. */
export type Verdict = "approved" | "denied";

/** A button below a message in one account. */
interface Button {
  readonly approval: string;
  readonly integrationId: string;
}

interface LinkOptions {
  /** Where others reach the hub, without a trailing slash. */
  readonly publicUrl: () => string;
  /** The same in every replica, and derived anew at each start: nothing about a link is stored. */
  readonly key: Uint8Array;
}

/** Half of the code: a guess is made by pressing, which nobody does often. */
const BUTTON_BYTES = 16;

/** Signs links by an HMAC over what they are about and the second in which they expire. */
export function openDecisionLinks({ publicUrl, key }: LinkOptions): DecisionLinks {
  const open = (kind: Decidable, id: string): string => `${publicUrl()}/${kind}/${id}`;
  const sign = (...facts: readonly string[]): Buffer => createHmac("sha256", key).update(facts.join(" ")).digest();
  const signButton = ({ approval, integrationId }: Button, verdict: Verdict): string => {
    const code = sign("button", approval, integrationId, verdict).subarray(0, BUTTON_BYTES).toString("base64url");
    return `${verdict}:${approval.replace(/^apr_/, "")}:${code}`;
  };
  return {
    open,
    signButton,
    readButton(data, integrationId) {
      const [, verdict, id] = /^(approved|denied):([0-9a-z]{26}):[\w-]{22}$/.exec(data) ?? [];
      if (verdict === undefined || id === undefined) return undefined;
      const meant = { approval: `apr_${id}`, verdict: verdict as Verdict };
      const genuine = signButton({ approval: meant.approval, integrationId }, meant.verdict);
      return timingSafeEqual(Buffer.from(genuine), Buffer.from(data)) ? meant : undefined;
    },
    sign(kind, { id, workspaceId }, expiresAt) {
      const expires = String(Math.floor(expiresAt.getTime() / 1000));
      const signature = sign(kind, id, workspaceId, expires).toString("base64url");
      return `${open(kind, id)}?token=${expires}.${workspaceId}.${signature}`;
    },
    verify(kind, id, token, now = new Date()) {
      const [, expires, workspaceId, signature] = /^(\d{1,12})\.(\w{1,64})\.([\w-]{43})$/.exec(token) ?? [];
      if (expires === undefined || workspaceId === undefined || signature === undefined) return undefined;
      if (Number(expires) * 1000 <= now.getTime()) return undefined;
      const isGenuine = timingSafeEqual(sign(kind, id, workspaceId, expires), Buffer.from(signature, "base64url"));
      return isGenuine ? workspaceId : undefined;
    },
  };
}
