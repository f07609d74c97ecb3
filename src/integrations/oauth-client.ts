import * as oauth from "oauth4webapi";
import * as z from "zod";
import type { Connector } from "../connector/connector.ts";
import type { Egress } from "../egress/open-egress.ts";
import { readRetryAfterMs } from "../egress/retry.ts";
import { explainFailure } from "../egress/run-operation.ts";
import { HubError, serviceError } from "../errors.ts";
import { newId } from "../store/ids.ts";
import { type OauthApp, requireOauth } from "./oauth-apps.ts";
import { ACCESS_TOKEN, type Token, type TokenSet } from "./token-set.ts";

/** How long a service may take: less than what a lease leaves. */
const TOKEN_REQUEST_MS = 20_000;

/** A service's OAuth endpoints, asked with the owner's app. Each method throws what the service answered as a `HubError`. */
export interface OauthClient {
  /** `parameters` come from `validateAuthResponse`. */
  exchange(parameters: URLSearchParams, expected: Expected): Promise<TokenSet>;
  /** The token that takes this one's place; with its refresh token, where the service rotates those. */
  refresh(field: string, token: Token): Promise<Token>;
  /** Ends a token, or all that its account granted the app. */
  revoke(token: Token): Promise<void>;
}

interface Expected {
  readonly redirectUri: string;
  /** The PKCE verifier, where the flow began with a challenge. */
  readonly verifier: string | undefined;
  /** Those asked for, which a service that names none has granted. */
  readonly scopes: readonly string[];
}

interface ClientParts {
  readonly egress: Egress;
  readonly connector: Connector;
  readonly app: OauthApp;
  readonly now: () => number;
}

export function openOauthClient({ egress, connector, app, now }: ClientParts): OauthClient {
  const as = describeServer(app);
  const client = { client_id: app.clientId };
  const clientAuth = authenticate(app);

  /** Asks one endpoint by egress, which knows the secrets of the request and keeps to the endpoint's origin. */
  async function ask<Result>(url: string, secrets: readonly string[], work: (options: AskOptions) => Promise<Result>) {
    const session = egress.session({
      connector: { ...connector, auth: [requireOauth(connector)], headers: {}, allowHosts: [] },
      mode: app.mode,
      baseUrl: new URL(url).origin,
      credentials: Object.fromEntries([...secrets, app.clientSecret ?? ""].entries()),
      config: {},
      effect: "write",
      signal: AbortSignal.timeout(TOKEN_REQUEST_MS),
      idempotencyKey: newId("call"),
    });
    const { signal, fetch } = session.context;
    return work({ [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true, signal }).catch((error: unknown) => {
      throw explainFailure(error, connector, session);
    });
  }

  return {
    exchange: (parameters, { redirectUri, verifier = oauth.nopkce, scopes }) =>
      ask(app.tokenUrl, [parameters.get("code") ?? ""], async (options) => {
        const request = oauth.authorizationCodeGrantRequest;
        const answer = await request(as, client, clientAuth, parameters, redirectUri, verifier, options);
        const body = await readAnswer(connector, answer);
        const others = Object.entries(app.otherTokens ?? {}).flatMap(([field, at]) => {
          const inner = TokenAnswer.safeParse(body[at]);
          return inner.success ? [[field, makeToken(inner.data, now(), { scopes: [], refresh: null })] as const] : [];
        });
        const main = makeToken(parseToken(connector, body), now(), { scopes, refresh: null });
        return { [ACCESS_TOKEN]: main, ...Object.fromEntries(others) };
      }),

    refresh: (field, token) =>
      ask(app.tokenUrl, [token.access, token.refresh ?? ""], async (options) => {
        const answer = await oauth.refreshTokenGrantRequest(as, client, clientAuth, token.refresh ?? "", options);
        const body = await readAnswer(connector, answer);
        const inner = TokenAnswer.safeParse(body[app.otherTokens?.[field] ?? ""]);
        return makeToken(inner.success ? inner.data : parseToken(connector, body), now(), token);
      }),

    revoke: (token) =>
      ask(app.revokeUrl ?? "", [token.access, token.refresh ?? ""], async (options) => {
        const { send: revoke, goneStatus } = REVOCATIONS[app.revokeBy ?? "rfc7009"];
        const answer = await revoke({ as, client, clientAuth, app, token, options });
        await checkRevoked(connector, answer, goneStatus);
      }),
  };
}

interface AskOptions {
  readonly [oauth.customFetch]: typeof globalThis.fetch;
  readonly [oauth.allowInsecureRequests]: true;
  readonly signal: AbortSignal;
}

/** What oauth4webapi knows a service by. Plain http is refused by egress, unless an operator allows it. */
export function describeServer(app: OauthApp, issuer = new URL(app.authorizeUrl).origin): oauth.AuthorizationServer {
  return {
    issuer: app.issuer ?? issuer,
    authorization_endpoint: app.authorizeUrl,
    token_endpoint: app.tokenUrl,
    ...(app.revokeUrl !== undefined && { revocation_endpoint: app.revokeUrl }),
    authorization_response_iss_parameter_supported: app.issuer !== undefined,
  };
}

function authenticate({ clientSecret, clientAuth }: OauthApp): oauth.ClientAuth {
  if (clientSecret === undefined) return oauth.None();
  return clientAuth === "basic" ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret);
}

interface Revocation {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly clientAuth: oauth.ClientAuth;
  readonly app: OauthApp;
  readonly token: Token;
  readonly options: AskOptions;
}

/** What services say of a token that is not valid any more, which needs no revoking. */
const GONE_CODES = new Set(["invalid_token", "token_revoked", "invalid_auth", "account_inactive"]);

async function checkRevoked(connector: Connector, answer: Response, goneStatus: number | undefined): Promise<void> {
  if (answer.status === goneStatus) return answer.body?.cancel();
  await readAnswer(connector, answer).catch((error: unknown) => {
    if (!(error instanceof HubError) || !GONE_CODES.has(String(error.details["serviceCode"]))) throw error;
  });
}

interface RevocationWay {
  readonly send: (revocation: Revocation) => Promise<Response>;
  /** The status that says the same. Of RFC 7009 there is none: there 401 refuses the app. */
  readonly goneStatus?: number;
}

const REVOCATIONS: Readonly<Record<NonNullable<OauthApp["revokeBy"]>, RevocationWay>> = {
  rfc7009: {
    send: ({ as, client, clientAuth, token, options }) =>
      oauth.revocationRequest(as, client, clientAuth, token.refresh ?? token.access, options),
  },
  bearer: {
    send: ({ app, token, options }) => send(app, options, { method: "POST", authorization: `Bearer ${token.access}` }),
    goneStatus: 401,
  },
  delete_grant: {
    send: ({ app, token, options }) => {
      const { clientId, clientSecret = "" } = app;
      const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
      return send(app, options, { method: "DELETE", authorization, body: { access_token: token.access } });
    },
    goneStatus: 404,
  },
};

interface Plain {
  readonly method: string;
  readonly authorization: string;
  readonly body?: object;
}

function send({ revokeUrl = "", clientId }: OauthApp, options: AskOptions, { method, authorization, body }: Plain) {
  const url = revokeUrl.replace("{client_id}", encodeURIComponent(clientId));
  return options[oauth.customFetch](url, {
    method,
    headers: { accept: "application/json", authorization, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Odd details are passed over: the tokens are the only ones that there are, the service has forgotten those before. */
const TokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish().catch(undefined),
  expires_in: z.coerce.number().nonnegative().nullish().catch(undefined),
  scope: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .catch(undefined),
});
type TokenAnswer = z.infer<typeof TokenAnswer>;

function parseToken(connector: Connector, body: unknown): TokenAnswer {
  const parsed = TokenAnswer.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HubError("service_failed", `${connector.name} answered without an access token.`, {
    hint: "Check the token URL of the OAuth app.",
  });
}

/** A token that can be renewed is not trusted for ever, even where the service does not say when it expires. */
const DEFAULT_LIFETIME_MS = 60 * 60 * 1000;

interface Before {
  readonly refresh: string | null;
  readonly scopes: readonly string[];
}

function makeToken(answer: TokenAnswer, nowMs: number, before: Before): Token {
  const refresh = answer.refresh_token ?? before.refresh;
  const lifetimeMs = answer.expires_in ? answer.expires_in * 1000 : refresh === null ? null : DEFAULT_LIFETIME_MS;
  const scopes = typeof answer.scope === "string" ? answer.scope.split(/[\s,]+/) : (answer.scope ?? before.scopes);
  return {
    access: answer.access_token,
    refresh,
    scopes: scopes.filter((scope) => scope !== ""),
    obtainedAt: nowMs,
    expiresAt: lifetimeMs === null ? null : nowMs + lifetimeMs,
  };
}

/** Error codes of services that could not answer this time, with whatever status. */
const TRANSIENT_CODES = new Set([
  "temporarily_unavailable",
  "server_error",
  "slow_down",
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
]);

const TRANSIENT_STATUSES = new Set([408, 409, 423, 425]);

const Failure = z.object({ error: z.string().min(1), error_description: z.string().optional().catch(undefined) });

/** The answer's JSON; a refusal is thrown, also one with status 200, as GitHub and Slack answer them. */
async function readAnswer({ name }: Connector, answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const body = parseLeniently(await answer.text());
  const { data: failure } = Failure.safeParse(body);
  if (answer.ok && !failure) return typeof body === "object" && body !== null ? { ...body } : {};

  const code = failure && /^[\w.-]{1,64}$/.test(failure.error) ? failure.error : undefined;
  const isTransient = TRANSIENT_STATUSES.has(answer.status) || TRANSIENT_CODES.has(code ?? "");
  const retryAfterMs = readRetryAfterMs(answer.headers, Date.now());
  throw serviceError(name, {
    status: isTransient ? 503 : answer.ok ? 400 : answer.status,
    ...(code !== undefined && { code }),
    ...(failure?.error_description !== undefined && { words: failure.error_description }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
