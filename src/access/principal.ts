import { HubError } from "../errors.ts";

/** What a key may be used for. */
export const SCOPES = [
  "integrations:read",
  "integrations:write",
  "profiles:read",
  "profiles:write",
  "approvals:read",
  "approvals:write",
  "audit:read",
  "keys:write",
  "tools",
  "notify",
  "messages:read",
  "messages:write",
  "proxy",
  "skills:write",
  "credentials:read",
] as const;

export type Scope = (typeof SCOPES)[number];

/** What a key of a profile may be used for unless it was made narrower. */
export const PROFILE_SCOPES: readonly Scope[] = [
  "integrations:read",
  "profiles:read",
  "approvals:read",
  "tools",
  "notify",
  "messages:read",
  "messages:write",
];

/** Who is asking: the owner of a workspace, or one of its profiles. */
export interface Principal {
  readonly workspaceId: string;
  /** Null for the owner. */
  readonly profileId: string | null;
  /** The key's id, or `cli` for someone who can read the store itself. */
  readonly actor: string;
  readonly scopes: readonly Scope[];
  /** When the key ends by itself. */
  readonly expiresAt?: string;
}

/** Whether a key may be used for something. Who may write may also read. */
export function hasScope({ scopes }: Pick<Principal, "scopes">, scope: Scope): boolean {
  const wider = scope.replace(/:read$/, ":write");
  return scopes.some((held) => held === scope || held === wider);
}

/** Refuses a key that lacks a scope. */
export function requireScope(principal: Pick<Principal, "scopes">, scope: Scope): void {
  if (hasScope(principal, scope)) return;
  throw new HubError("not_granted", `The key lacks the scope ${scope}.`, {
    hint: `Make one that has it with "patchbay keys create --scope ${scope}".`,
  });
}

/** Someone with access to the store's files needs no key: whoever can read them can do anything already. */
export function localOwner(workspaceId: string): Principal {
  return { workspaceId, profileId: null, actor: "cli", scopes: SCOPES };
}
