/** Ways to authenticate with a service. Data only, so that it can be shown, prompted for and tested without a credential. */
export type Auth = ApiKeyAuth | OAuth2Auth | ConnectionStringAuth | NoAuth;

/** Where the hub puts a credential on the way out. A credential without a place is only kept, e.g. to verify webhooks. */
export type Placement =
  | { readonly header: string; readonly prefix?: string }
  | { readonly query: string }
  /** Put before every path; holds `{credential}`, e.g. `/bot{credential}`. */
  | { readonly pathPrefix: string }
  /** The credential is the address itself, as with a webhook URL. Not asked for where an integration has a base URL. */
  | { readonly baseUrl: true }
  /** The body is signed with the credential, which is not sent: https://www.standardwebhooks.com. */
  | { readonly sign: "standard_webhooks" };

/** One secret that an owner gives for an integration. */
export interface CredentialField {
  /** Its name everywhere: in CLI flags, REST bodies and the environment, e.g. `GITHUB_TOKEN`. */
  readonly env: string;
  readonly label: string;
  /** Refuses a paste of the wrong thing before it is stored. */
  readonly pattern?: RegExp;
  /** Shown when the pattern does not match, e.g. `starts with xoxb-`. */
  readonly patternHint?: string;
  /** The page where an owner makes one. */
  readonly createAt?: string;
  readonly optional?: boolean;
  readonly placement?: Placement;
}

export interface ApiKeyAuth {
  readonly kind: "api_key";
  /** The first is sent unless an operation names another in `credential`. */
  readonly fields: readonly CredentialField[];
}

export interface OAuth2Auth {
  readonly kind: "oauth2";
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** Where a token is revoked; `{client_id}` stands for the app's. */
  readonly revokeUrl?: string;
  /**
   * How: as RFC 7009 says unless told; by a POST that carries the token as its credential; or, as GitHub does, by a DELETE
   * of all that the account has granted the app.
   */
  readonly revokeBy?: "rfc7009" | "bearer" | "delete_grant";
  /** The page where the account's owner ends the app's access by hand. */
  readonly manageUrl?: string;
  /** The page where an owner registers an app. */
  readonly createAppAt?: string;
  /** Who the service says it is in `iss`: https://www.rfc-editor.org/rfc/rfc9207. One that declares it must say it. */
  readonly issuer?: string;
  /** How the app's secret is sent; in the body unless told. */
  readonly clientAuth?: "body" | "basic";
  /** Further tokens of the same account: the credential field of each, and the object in the answer that holds it. */
  readonly otherTokens?: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  /** Scopes that hold others, with those: a service may name only the wider one of what it has given. */
  readonly wider?: Readonly<Record<string, readonly string[]>>;
  readonly scopeSeparator?: " " | ",";
  /** Whether the service accepts PKCE S256. */
  readonly pkce?: boolean;
  /** What the service wants to see at `authorizeUrl` besides what OAuth says, e.g. to give a refresh token. */
  readonly authorizeParameters?: Readonly<Record<string, string>>;
}

export interface ConnectionStringAuth {
  readonly kind: "connection_string";
  readonly fields: readonly CredentialField[];
  /** URL schemes that are accepted, without the colon, e.g. `postgres`. */
  readonly schemes: readonly string[];
}

export interface NoAuth {
  readonly kind: "none";
  readonly fields: readonly CredentialField[];
}

interface ApiKeySpec extends Omit<CredentialField, "placement" | "optional"> {
  readonly header?: string;
  /** Put before the credential in its header, e.g. `Bearer `. */
  readonly prefix?: string;
  /** Used where the credential does not go into a header. */
  readonly placement?: Placement;
  /** Further credentials of the same account. */
  readonly more?: readonly CredentialField[];
}

/** A key, token or signing secret that an owner pastes. */
export function apiKey(spec: ApiKeySpec): ApiKeyAuth {
  const { header, prefix, placement, more = [], ...field } = spec;
  const place = header === undefined ? placement : { header, ...(prefix !== undefined && { prefix }) };
  return { kind: "api_key", fields: [{ ...field, ...(place && { placement: place }) }, ...more] };
}

/** An OAuth 2.0 authorization code grant with the owner's own app. */
export function oauth2(spec: Omit<OAuth2Auth, "kind">): OAuth2Auth {
  return { kind: "oauth2", ...spec };
}

/** A database URL that carries its own user and password. */
export function connectionString(
  spec: Omit<CredentialField, "placement" | "optional"> & { readonly schemes: readonly string[] },
): ConnectionStringAuth {
  const { schemes, ...field } = spec;
  return { kind: "connection_string", fields: [field], schemes };
}

/** A service that asks for no credential. */
export function none(): NoAuth {
  return { kind: "none", fields: [] };
}
