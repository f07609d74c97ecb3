import * as z from "zod";
import type { OAuth2Auth } from "../connector/auth.ts";
import type { Credentials } from "./credentials.ts";

/** The credential under which an integration's tokens are sealed, all as one value. */
export const TOKENS = "oauth";

/** The main token's credential field; egress knows it by this name. */
export const ACCESS_TOKEN = "access_token";

const Token = z.object({
  access: z.string(),
  /** Null where the service gives none: then the access token can't be renewed. */
  refresh: z.string().nullable(),
  scopes: z.array(z.string()),
  obtainedAt: z.number(),
  /** In milliseconds since 1970; null for one that does not expire. */
  expiresAt: z.number().nullable(),
});
export type Token = z.infer<typeof Token>;

/** All tokens of an integration by their credential field: one sealed value, so that a rotation is one write. */
const TokenSet = z.record(z.string(), Token);
export type TokenSet = Readonly<Record<string, Token>>;

export function writeTokens(set: TokenSet): string {
  return JSON.stringify(set);
}

export function readTokens(text: string): TokenSet {
  return TokenSet.parse(JSON.parse(text));
}

/** What is sent: each access token by its field. */
export function accessTokens(set: TokenSet): Credentials {
  return Object.fromEntries(Object.entries(set).map(([field, { access }]) => [field, access]));
}

/** Every scope that any of the tokens has. */
export function scopesOf(set: TokenSet): readonly string[] {
  return [...new Set(Object.values(set).flatMap(({ scopes }) => scopes))].toSorted();
}

/** Those scopes that are not among the granted ones, and in no wider one that is. */
export function lackingScopes(
  { wider = {} }: Pick<OAuth2Auth, "wider">,
  wanted: readonly string[],
  granted: readonly string[],
): readonly string[] {
  const held = new Set([...granted, ...granted.flatMap((scope) => wider[scope] ?? [])]);
  return wanted.filter((scope) => !held.has(scope));
}

const MARGIN_MS = 60_000;

/**
 * The fields of the tokens that have expired, or will within a minute; of a short-lived one, in the last tenth of its life.
 *
 * One that can't be renewed is used to its end.
 */
export function dueFields(set: TokenSet, nowMs: number): readonly string[] {
  return fieldsWhere(set, ({ obtainedAt, expiresAt, refresh }) => {
    if (expiresAt === null) return false;
    const marginMs = refresh === null ? 0 : Math.min(MARGIN_MS, (expiresAt - obtainedAt) / 10);
    return nowMs >= expiresAt - marginMs;
  });
}

export function isExpired(set: TokenSet, nowMs: number): boolean {
  return Object.values(set).some(({ expiresAt }) => expiresAt !== null && nowMs >= expiresAt);
}

/** The fields whose access tokens are among those that a service refused and can be renewed. */
export function refusedFields(set: TokenSet, refused: TokenSet): readonly string[] {
  const dead = Object.values(refused).map(({ access }) => access);
  return fieldsWhere(set, ({ access, refresh }) => refresh !== null && dead.includes(access));
}

function fieldsWhere(set: TokenSet, holds: (token: Token) => boolean): readonly string[] {
  return Object.entries(set).flatMap(([field, token]) => (holds(token) ? [field] : []));
}
