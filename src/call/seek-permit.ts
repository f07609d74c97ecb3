import type { Transaction } from "kysely";
import { type ApprovalSubject, claimApproval, type Consent } from "../access/approvals.ts";
import type { Principal } from "../access/principal.ts";
import type { Audit } from "../audit/open-audit.ts";
import { cutText } from "../connector/cut-text.ts";
import { digest } from "../digest.ts";
import { redactTokens } from "../egress/redact.ts";
import { HubError } from "../errors.ts";
import type { Store } from "../store/open.ts";
import type { IntegrationRow, Tables } from "../store/tables.ts";
import type { Callable } from "./surface.ts";

export interface PermitParts {
  readonly store: Store;
  readonly audit: Audit;
  /** Where an agent can send people: it says how an owner decides the approval, and lets nobody do it. */
  readonly approvalUrl: (approval: string) => string;
  /** Told of each call that waits for the owner, once, in the transaction by which it waits. */
  readonly onApprovalPending: (db: Transaction<Tables>, pending: PendingApproval) => Promise<void>;
}

/** The account a result was made as. */
export interface AccountShown {
  readonly service: string;
  readonly label: string;
  readonly integration: string;
}

/** What a person is asked about a call. */
export interface Question {
  readonly approval: string;
  /** The name of the profile that makes the call. */
  readonly profile: string;
  /** E.g. `github.merge_pull_request`. */
  readonly operation: string;
  readonly account: AccountShown;
  /** JSON, redacted; for `showArguments`. */
  readonly argumentsPreview: string;
}

/** The user of the client that makes the call, where it can be asked. */
export interface ClientUser {
  /** What was answered, and which call that was about. */
  readonly answered?: Consent & Pick<ConsentNeeded, "binding">;
}

/** The user is to be asked; the same call with the answer runs or is denied, once. */
export interface ConsentNeeded {
  readonly status: "consent_needed";
  readonly question: Question;
  /** Digest of who calls what, as which account and with which arguments. */
  readonly binding: string;
}

/** A call that waits for its owner's decision, as people are told of it. */
export interface PendingApproval extends Question {
  readonly workspaceId: string;
  readonly expiresAt: string;
}

/** The profile that a call is made by. */
export type Caller = Pick<Principal, "workspaceId" | "actor"> & { readonly profileId: string };

/** A call that is about to be made, if it may. */
interface Plea {
  readonly caller: Caller;
  /** The caller's name. */
  readonly profile: string;
  /** E.g. `github.create_issue`. */
  readonly operation: string;
  readonly chosen: Callable["accounts"][number];
  readonly account: AccountShown;
  readonly input: Readonly<Record<string, unknown>>;
  readonly user: ClientUser | undefined;
}

interface Allowed {
  readonly status: "allowed";
  /** What it was allowed by, where it had to be asked. */
  readonly approval?: string;
}

/** The call waits; made again once it is approved, it runs. */
export interface ApprovalPending {
  readonly status: "approval_pending";
  readonly approval: string;
  readonly url: string;
  readonly expiresAt: string;
}

type Permit = Allowed | ApprovalPending | ConsentNeeded;

/** Lets a call through, asks whoever decides about it, or refuses it. */
export async function seekPermit(parts: PermitParts, plea: Plea): Promise<Permit> {
  const { caller, operation, chosen } = plea;
  if (chosen.decision === "allow") return { status: "allowed" };
  if (chosen.decision === "ask") return seekApproval(parts, plea);

  const error = new HubError("denied", `The owner's policy denies ${operation}.`, { hint: "Do without it." });
  await recordRefusal(parts, caller, operation, error, chosen.granted.integration);
  throw error;
}

const PREVIEW_LIMIT = 50_000;

async function seekApproval(parts: PermitParts, plea: Plea): Promise<Permit> {
  const { caller, profile, operation, chosen, account, input, user } = plea;
  const { integration, policy } = chosen.granted;
  const entry = subjectOf(caller, operation, integration);
  const subject: ApprovalSubject = {
    workspaceId: caller.workspaceId,
    profileId: caller.profileId,
    integrationId: integration.id,
    operation,
    argumentsDigest: digest(input),
    argumentsPreview: cutText(redactTokens(JSON.stringify(input)), PREVIEW_LIMIT),
  };
  const { argumentsPreview, ...bound } = subject;
  const binding = digest(bound);
  const questionOf = (approval: string): Question => ({ approval, profile, operation, account, argumentsPreview });
  const claim = await claimApproval(parts.store, subject, {
    ask: user && policy.ask_whom === "user" ? "user" : "owner",
    ...(user?.answered?.binding === binding && { consent: user.answered }),
    async onAsked(db, { id, expires_at: expiresAt }) {
      await parts.onApprovalPending(db, { ...questionOf(id), workspaceId: caller.workspaceId, expiresAt });
      await parts.audit.appendIn(db, { ...entry, action: "approval.request", details: { approval: id } });
    },
  });
  const { approval } = claim;
  if (claim.status === "consent_needed") return { status: "consent_needed", question: questionOf(approval), binding };
  if (claim.status === "pending") {
    return { status: "approval_pending", approval, url: parts.approvalUrl(approval), expiresAt: claim.expiresAt };
  }
  if (claim.by === "user") {
    const action = claim.status === "approved" ? "approval.consent" : "approval.decline";
    await parts.audit.append({ ...entry, action, details: { approval } });
  }
  if (claim.status === "approved") return { status: "allowed", approval };
  throw new HubError("denied", `The ${claim.by} denied this call of ${operation}.`, {
    hint: `Do without it, or ask the ${claim.by} why.`,
  });
}

/** Puts it on record that a call was refused for want of a right. */
export async function recordRefusal(
  parts: Pick<PermitParts, "audit">,
  caller: Caller,
  operation: string,
  error: unknown,
  integration?: IntegrationRow,
): Promise<void> {
  if (!(error instanceof HubError) || error.status !== 403) return;
  await parts.audit.append({
    ...subjectOf(caller, operation, integration),
    action: "call.refused",
    details: { code: error.code },
  });
}

function subjectOf(caller: Caller, operation: string, integration?: IntegrationRow) {
  return {
    workspaceId: caller.workspaceId,
    actor: caller.actor,
    profileId: caller.profileId,
    operation,
    ...(integration && { integrationId: integration.id }),
  };
}
