import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface AuthorizationServer extends AsyncDisposable {
  /** Its issuer, without a trailing slash. */
  readonly url: string;
  /** Each token request that was granted, by its grant type, and each that was refused, as `error`. */
  readonly tokenRequests: readonly string[];
  /** What a browser does of which somebody allows everything: gives the address to which it is sent back. */
  visit(authorizeUrl: string): Promise<URL>;
}

interface ServerOptions {
  /** How long an access token is good. */
  readonly lifetimeSeconds?: number;
  /** Where the hub is, to which browsers are sent back. */
  readonly hubUrl?: string;
}

export const CLIENT = { clientId: "patchbay-test", clientSecret: "client-secret-0123456789" };

/** A real authorization server on the loopback, which rotates refresh tokens and detects their reuse. */
export async function startAuthorizationServer({
  lifetimeSeconds = 3600,
  hubUrl = "http://127.0.0.1:7300",
}: ServerOptions = {}) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        token_endpoint_auth_method: "client_secret_post",
        redirect_uris: [`${hubUrl}/oauth/callback/demo`],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    scopes: ["openid", "mail", "files"],
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    // Whoever takes the challenge out of an address is found out when the code is exchanged.
    pkce: { required: () => false },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetimeSeconds,
      Interaction: 600,
      Session: 600,
      IdToken: 600,
      Grant: 86_400,
      RefreshToken: 86_400,
    },
    cookies: { keys: ["a key of a test"] },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    async loadExistingGrant({ oidc }: { oidc: GrantContext }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(oidc.params["scope"] ?? "");
      await grant.save();
      return grant;
    },
  });
  const tokenRequests: string[] = [];
  provider.on("grant.success", ({ oidc }) => tokenRequests.push(oidc.params["grant_type"] ?? ""));
  provider.on("grant.error", () => tokenRequests.push("error"));
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/interaction/")) {
      void provider.interactionFinished(request, response, { login: { accountId: "ada" } });
    } else {
      answer(request, response);
    }
  });
  return {
    url,
    tokenRequests,
    visit: followRedirects,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  } satisfies AuthorizationServer;
}

interface GrantContext {
  readonly client: { readonly clientId: string };
  readonly session: { readonly accountId: string };
  readonly params: Readonly<Record<string, string>>;
}

async function followRedirects(authorizeUrl: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(authorizeUrl);
  const { origin } = url;
  while (url.origin === origin) {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const answer = await fetch(url, { redirect: "manual", headers });
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    url = new URL(location, url);
  }
  return url;
}
