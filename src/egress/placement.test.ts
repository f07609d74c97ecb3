import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { apiKey, type Auth, oauth2 } from "#connector";
import { type Service, startService } from "../testing/loopback-server.ts";
import { makeConnector, makeTarget } from "../testing/make-target.ts";
import { openEgress, type Target } from "./open-egress.ts";

const OAUTH = oauth2({ authorizeUrl: "https://demo.test/authorize", tokenUrl: "https://demo.test/token", scopes: [] });

function open(service: Service, auth: readonly Auth[], parts: Partial<Target> = {}) {
  const egress = openEgress({ allowPrivateHosts: [service.host] });
  return egress.session(makeTarget(service.url, { connector: makeConnector({ auth }), ...parts })).context;
}

test("a credential goes into its header behind its prefix", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "KEY", label: "Key", header: "authorization", prefix: "Bot " });
  const { fetch, baseUrl } = open(service, [auth], { credentials: { KEY: "secret-1" } });

  await fetch(baseUrl);

  expect(service.exchanges[0]?.headers["authorization"]).toBe("Bot secret-1");
});

test("a credential goes into the query beside what is there", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "KEY", label: "Key", placement: { query: "key" } });
  const { fetch, baseUrl } = open(service, [auth], { credentials: { KEY: "a&b=c" } });

  await fetch(`${baseUrl}/find?q=x&key=placeholder`);

  expect(service.exchanges[0]?.query).toEqual({ q: "x", key: "a&b=c" });
});

test("a credential goes before the path, below the base URL's", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "TOKEN", label: "Token", placement: { pathPrefix: "/bot{credential}" } });
  const { fetch, baseUrl } = open(service, [auth], {
    credentials: { TOKEN: "123:A$&-b/c" },
    baseUrl: `${service.url}/telegram/`,
  });

  await fetch(`${baseUrl}/sendMessage`);

  expect(service.exchanges[0]?.path).toBe("/telegram/bot123:A%24%26-b%2Fc/sendMessage");
});

test("a credential that is the address is reached as it was given, and not shown", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "URL", label: "Address", placement: { baseUrl: true } });
  const connector = makeConnector({ auth: [auth] });
  const { baseUrl: _, ...target } = makeTarget("", {
    connector,
    credentials: { URL: `${service.url}/hooks/secret?key=hidden` },
  });
  const { context } = openEgress({ allowPrivateHosts: [service.host] }).session(target);

  await context.fetch(context.baseUrl);
  await context.fetch(`${context.baseUrl}/messages?wait=true`);

  expect(context.baseUrl).toBe(service.url);
  expect(service.exchanges).toMatchObject([
    { path: "/hooks/secret", query: { key: "hidden" } },
    { path: "/hooks/secret/messages", query: { key: "hidden", wait: "true" } },
  ]);
});

test("an integration's own base URL elsewhere takes the place of a credential that is an address", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "URL", label: "Address", placement: { baseUrl: true } });
  const { fetch, baseUrl } = open(service, [auth], { credentials: { URL: "https://hooks.example.com/secret" } });

  await fetch(baseUrl);

  expect(service.exchanges).toMatchObject([{ path: "/" }]);
});

test("an address that is no URL is refused by the name of its field", () => {
  const auth = apiKey({ env: "WEBHOOK_URL", label: "Address", placement: { baseUrl: true } });
  const connector = makeConnector({ auth: [auth] });
  const { baseUrl: _, ...target } = makeTarget("", { connector, credentials: { WEBHOOK_URL: "hooks/secret-path" } });

  expect(() => openEgress({ allowPrivateHosts: [] }).session(target)).toThrow(
    expect.objectContaining({ code: "invalid_input", message: "WEBHOOK_URL is not a URL." }),
  );
});

test("a signing secret signs the body's exact bytes, whatever else is sent", async () => {
  await using service = await startService({});
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const auth = apiKey({
    env: "URL",
    label: "Address",
    placement: { baseUrl: true },
    more: [{ env: "SECRET", label: "Secret", placement: { sign: "standard_webhooks" } }],
  });
  const { fetch, baseUrl } = open(service, [auth], {
    credentials: { URL: `${service.url}/hook`, SECRET: secret },
    effect: "write",
    idempotencyKey: "call_42",
  });

  await fetch(baseUrl, { method: "POST", body: '{ "text": "Grüße" }' });

  const { text = "", headers = {} } = service.exchanges[0] ?? {};
  expect(service.exchanges).toMatchObject([{ path: "/hook", headers: { "webhook-id": "call_42" } }]);
  expect(new Webhook(secret).verify(text, headers)).toEqual({ text: "Grüße" });
  expect(JSON.stringify(headers)).not.toContain(secret.slice(6));
});

test("the first credential that is there is sent, unless the operation names another", async () => {
  await using service = await startService({});
  const auth = apiKey({
    env: "BOT_TOKEN",
    label: "Bot",
    header: "authorization",
    more: [{ env: "USER_TOKEN", label: "User", optional: true, placement: { header: "authorization" } }],
  });
  const credentials = { BOT_TOKEN: "secret-bot", USER_TOKEN: "secret-user" };
  const byDefault = open(service, [auth], { credentials });
  const byName = open(service, [auth], { credentials, credential: "USER_TOKEN" });

  await byDefault.fetch(byDefault.baseUrl);
  await byName.fetch(byName.baseUrl);

  expect(service.exchanges.map(({ headers }) => headers["authorization"])).toEqual(["secret-bot", "secret-user"]);
});

test("an operation that names a credential which is not there says which", async () => {
  await using service = await startService({});
  const auth = apiKey({
    env: "BOT_TOKEN",
    label: "Bot",
    header: "authorization",
    more: [{ env: "USER_TOKEN", label: "User", optional: true, placement: { header: "authorization" } }],
  });

  expect(() => open(service, [auth], { credentials: { BOT_TOKEN: "secret-bot" }, credential: "USER_TOKEN" })).toThrow(
    expect.objectContaining({
      code: "reconnect_required",
      message: "Demo has no USER_TOKEN, which this needs.",
      hint: "Ask the owner to add USER_TOKEN to the integration.",
    }),
  );
});

test("an OAuth access token is sent as a bearer token", async () => {
  await using service = await startService({});
  const auth = [apiKey({ env: "KEY", label: "Key", header: "x-key" }), OAUTH];
  const { fetch, baseUrl } = open(service, auth, { credentials: { access_token: "token-1" } });

  await fetch(baseUrl);

  expect(service.exchanges[0]?.headers["authorization"]).toBe("Bearer token-1");
});

test("what a library puts into the authorization header makes way for the credential, wherever that goes", async () => {
  await using service = await startService({});
  const inQuery = apiKey({ env: "KEY", label: "Key", placement: { query: "key" } });
  const inHeader = apiKey({ env: "KEY", label: "Key", header: "authorization" });
  const headers = { authorization: "Bearer placeholder" };
  const byQuery = open(service, [inQuery], { credentials: { KEY: "secret-1" } });
  const byHeader = open(service, [inHeader], { credentials: { KEY: "secret-1" } });

  await byQuery.fetch(byQuery.baseUrl, { headers });
  await byHeader.fetch(byHeader.baseUrl, { headers });

  expect(service.exchanges.map((exchange) => exchange.headers["authorization"])).toEqual([undefined, "secret-1"]);
});

test("a credential that can't be a header is refused without being shown", async () => {
  await using service = await startService({});
  const auth = apiKey({ env: "KEY", label: "Key", header: "authorization" });
  const { fetch, baseUrl } = open(service, [auth], { credentials: { KEY: "secret\nx-injected: 1" } });

  const fetching = fetch(baseUrl);

  await expect(fetching).rejects.toMatchObject({ message: "KEY holds characters that can't be sent in a header." });
  expect(service.exchanges).toEqual([]);
});

test("nothing that an operation is given holds the credential", async () => {
  await using service = await startService({ "GET /find": { found: true } });
  const auth = apiKey({ env: "TOKEN", label: "Token", placement: { pathPrefix: "/bot{credential}" } });
  const context = open(service, [auth], { credentials: { TOKEN: "secret-1" } });

  const answer = await context.fetch(`${context.baseUrl}/find`);

  expect(answer.url).toBe(`${service.url}/find`);
  expect(JSON.stringify(context)).not.toContain("secret-1");
});
