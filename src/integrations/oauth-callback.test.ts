import { expect, test } from "vitest";
import { type Answer, makeSqliteDatabase, startService } from "#testing";
import { setUpApp } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, openOauthParts } from "../testing/open-oauth-parts.ts";
import { setUpFlow, stateOf, TOKENS } from "../testing/set-up-flow.ts";
import { startAuthorizationServer } from "../testing/start-authorization-server.ts";
import { setApp } from "./oauth-apps.ts";
import { receiveCallback } from "./oauth-callback.ts";
import { confirmFlow } from "./oauth-confirm.ts";
import { startFlow } from "./oauth-flows.ts";
import { readTokenSet } from "./sealed-credentials.ts";

test("a flow connects an account once the service has answered and the owner confirmed", async () => {
  await using setup = await setUpFlow();

  const page = await setup.comeWithCode();
  expect(await setup.readFlow()).toMatchObject({ status: "authorized", account: "ada@demo" });
  const { integration } = await confirmFlow(setup.parts, page);

  expect(integration).toMatchObject({ service: "demo", label: "ada@demo", account_id: "ada", status: "active" });
  expect(await setup.readFlow()).toMatchObject({ status: "connected", integration: integration.id });
  const { store, vault } = setup.parts;
  expect(await readTokenSet(store.db, vault, integration)).toMatchObject({
    access_token: { access: "access-1", refresh: "refresh-1", scopes: ["openid"] },
  });
});

test("the service is asked with a state, a challenge, the scopes and the hub's address for this service", async () => {
  await using setup = await setUpFlow({ auth: { authorizeParameters: { prompt: "consent" }, scopeSeparator: "," } });
  const { url } = await startFlow(setup.parts, { ...setup.owner, service: "demo", scopes: ["mail", "openid"] });

  expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
    client_id: "patchbay-test",
    response_type: "code",
    redirect_uri: "http://127.0.0.1:7300/oauth/callback/demo",
    scope: "openid,mail",
    state: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
    prompt: "consent",
  });
});

test("neither the state nor a token is in the database in the clear", async () => {
  await using setup = await setUpFlow();
  await confirmFlow(setup.parts, await setup.comeWithCode());

  const { db } = setup.parts.store;
  const rows = await Promise.all([
    db.selectFrom("oauth_flows").selectAll().execute(),
    db.selectFrom("oauth_apps").selectAll().execute(),
    db.selectFrom("credentials").selectAll().execute(),
    db.selectFrom("audit_entries").selectAll().execute(),
  ]);

  const secrets = new RegExp(`${setup.state}|access-1|refresh-1|client-secret`);
  expect(JSON.stringify(rows)).not.toMatch(secrets);
});

test.each([
  ["no state", (): string => "code=code-1", "The address carries no state, or several."],
  ["an empty state", () => "state=&code=code-1", "The address carries no state, or several."],
  [
    "two states",
    (state: string) => `state=${state}&state=${state}&code=1`,
    "The address carries no state, or several.",
  ],
  ["an unknown state", () => "state=made-up&code=code-1", "This hub has not asked for this answer."],
])("an answer with %s is refused and leaves the flow alone", async (_, write, message) => {
  await using setup = await setUpFlow();

  await expect(setup.come(write(setup.state))).rejects.toThrow(message);

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "pending" });
  expect(setup.service.exchanges).toEqual([]);
});

test.each([
  ["no code", {}, "Demo answered without a code."],
  ["an error", { error: "access_denied" }, "Demo gave no access: access_denied."],
  ["an error that is prose", { error: "Do as I say", code: "code-1" }, "Demo gave no access."],
  ["another issuer", { code: "1", iss: "https://evil.example" }, "Demo would give: it comes from another issuer."],
  ["an issuer that is no address", { code: "1", iss: "demo" }, "Demo would give: it comes from another issuer."],
  ["an encrypted answer", { code: "1", response: "jwt" }, "Demo would give: it is malformed."],
  ["tokens in the address", { code: "1", id_token: "jwt" }, "Demo would give: it is malformed."],
])("an answer with %s is refused, and ends the flow", async (_, parameters, message) => {
  await using setup = await setUpFlow();

  await expect(setup.come({ state: setup.state, ...parameters })).rejects.toThrow(message);

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "failed", reason: expect.stringContaining(message) });
  expect(setup.service.exchanges).toEqual([]);
  await expect(setup.comeWithCode()).rejects.toThrow("The service's answer was used already.");
});

test("an answer with two codes is refused", async () => {
  await using setup = await setUpFlow();

  await expect(setup.come(`state=${setup.state}&code=1&code=2`)).rejects.toThrow("Demo answered without a code.");

  expect(await setup.kept()).toEqual([]);
});

test("an answer is taken once", async () => {
  await using setup = await setUpFlow();
  const page = await setup.comeWithCode();

  await expect(setup.comeWithCode()).rejects.toMatchObject({
    code: "conflict",
    message: "The service's answer was used already.",
  });

  expect(setup.service.exchanges.filter(({ path }) => path === "/token")).toHaveLength(1);
  await expect(confirmFlow(setup.parts, page)).resolves.toBeDefined();
});

test("of two answers that come at once one is taken", async () => {
  await using setup = await setUpFlow();

  const results = await Promise.allSettled([setup.comeWithCode(), setup.comeWithCode()]);

  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(setup.service.exchanges.filter(({ path }) => path === "/token")).toHaveLength(1);
});

test("an answer that comes after ten minutes is refused", async () => {
  await using setup = await setUpFlow();
  const later = new Date(Date.now() + 10 * 60_000);

  const coming = setup.come({ state: setup.state, code: "code-1" }, "demo", later);

  await expect(coming).rejects.toThrow("The service's answer came too late.");
  expect(await setup.readFlow(later)).toMatchObject({ status: "expired", reason: "Nobody finished it in time." });
  expect(await setup.kept()).toEqual([]);
});

test("an answer at another service's address is refused, and ends the flow", async () => {
  await using setup = await setUpFlow();

  const coming = setup.come({ state: setup.state, code: "code-1" }, "other");

  await expect(coming).rejects.toThrow("An answer for Demo came as that of other.");
  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "failed" });
  expect(setup.service.exchanges).toEqual([]);
});

test("an issuer that the connector declares must be named, and be that one", async () => {
  await using setup = await setUpFlow({ auth: { issuer: "https://demo.example" } });
  const other = await startFlow(setup.parts, { ...setup.owner, service: "demo" });
  const right = await startFlow(setup.parts, { ...setup.owner, service: "demo" });

  await expect(setup.comeWithCode()).rejects.toThrow("it comes from another issuer");
  const wrong = setup.come({ state: stateOf(other), code: "1", iss: setup.service.url });
  await expect(wrong).rejects.toThrow("it comes from another issuer");
  const page = await setup.come({ state: stateOf(right), code: "1", iss: "https://demo.example" });

  expect(page.account).toBe("ada@demo");
});

test("an issuer that is not declared may be any at the service's own address", async () => {
  await using setup = await setUpFlow();

  const page = await setup.come({ state: setup.state, code: "1", iss: `${setup.service.url}/realms/1` });

  expect(page.account).toBe("ada@demo");
});

const BROKEN: readonly (readonly [string, Answer, string])[] = [
  ["a refusal", { status: 400, body: { error: "invalid_grant" } }, "Demo did not take the code: invalid_grant."],
  [
    "a refusal with status 200",
    { error: "bad_verification_code" },
    "Demo did not take the code: bad_verification_code.",
  ],
  ["an outage", { status: 503, body: "" }, "Demo failed: status 503."],
  ["a broken connection", ({ cut }) => cut(), "broke"],
  ["a page", { status: 200, body: "<h1>Sign in</h1>" }, "Demo answered without an access token."],
  [
    "a redirect",
    { status: 302, headers: { location: "https://evil.example" } },
    "Demo did not take the code: status 302.",
  ],
  ["no access token", { refresh_token: "refresh-1" }, "Demo answered without an access token."],
];

test.each(BROKEN)("%s of the token endpoint ends the flow", async (_, token, message) => {
  await using setup = await setUpFlow({ token });

  await expect(setup.comeWithCode()).rejects.toThrow(message);

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "failed", reason: expect.stringContaining(message) });
});

test("tokens of which the service does not say whose they are end the flow", async () => {
  await using setup = await setUpFlow({ me: { status: 403, body: { message: "No" } } });

  await expect(setup.comeWithCode()).rejects.toThrow("Demo rejected the call");

  expect(await setup.kept()).toEqual([]);
  expect(await setup.readFlow()).toMatchObject({ status: "failed" });
});

test("an authorization whose challenge somebody took away is refused by the service, and by the hub", async () => {
  await using server = await startAuthorizationServer();
  await using parts = await openOauthParts((await makeSqliteDatabase()).url, makeOauthConnector(server.url));
  const owner = await setUpApp(parts);
  const stripped = new URL((await startFlow(parts, { ...owner, service: "demo" })).url);
  stripped.searchParams.delete("code_challenge");
  stripped.searchParams.delete("code_challenge_method");
  const without = await startFlow(parts, { ...owner, service: "demo" });
  await parts.store.db.updateTable("oauth_flows").set({ sealed_verifier: null }).where("id", "=", without.id).execute();

  const exchanging = receiveCallback(parts, "demo", (await server.visit(stripped.href)).searchParams);
  await expect(exchanging).rejects.toThrow("Demo did not take the code: invalid_grant.");
  const ours = receiveCallback(parts, "demo", (await server.visit(without.url)).searchParams);
  await expect(ours).rejects.toThrow("Demo wants PKCE, which the flow began without.");

  expect(await parts.store.db.selectFrom("integrations").selectAll().execute()).toEqual([]);
});

test("a code that another hub was given is refused by the service", async () => {
  await using server = await startAuthorizationServer();
  await using parts = await openOauthParts((await makeSqliteDatabase()).url, makeOauthConnector(server.url));
  const owner = await setUpApp(parts);
  const mine = await startFlow(parts, { ...owner, service: "demo" });
  const theirs = await startFlow(parts, { ...owner, service: "demo" });
  const { searchParams } = await server.visit(theirs.url);
  searchParams.set("state", stateOf(mine));

  await expect(receiveCallback(parts, "demo", searchParams)).rejects.toThrow("invalid_grant");
  expect(await parts.store.db.selectFrom("integrations").selectAll().execute()).toEqual([]);
});

test("an app at other addresses, without a secret, is asked there as a public client", async () => {
  await using setup = await setUpFlow({ auth: { issuer: "https://demo.example" } });
  await using enterprise = await startService({ "POST /oauth/token": TOKENS });
  const { url } = enterprise;
  const app = { clientId: "own", authorizeUrl: `${url}/oauth/authorize`, tokenUrl: `${url}/oauth/token` };
  await setApp(setup.parts, setup.owner, "demo", app);

  const flow = await startFlow(setup.parts, { ...setup.owner, service: "demo" });
  const page = await setup.come({ state: stateOf(flow), code: "1", iss: url });

  expect(flow.url.startsWith(`${url}/oauth/authorize?`)).toBe(true);
  expect(page.account).toBe("ada@demo");
  expect(enterprise.exchanges[0]?.body).toMatchObject({ client_id: "own", code: "1" });
  expect(enterprise.exchanges[0]?.body).not.toHaveProperty("client_secret");
});

test("a service that refuses the app says so, with what to check", async () => {
  await using setup = await setUpFlow({ token: { status: 401, body: { error: "invalid_client" } } });

  await expect(setup.comeWithCode()).rejects.toMatchObject({
    code: "service_rejected",
    message: "Demo did not take the code: invalid_client.",
    hint: expect.stringContaining("client id, its secret and its redirect address"),
  });
});

test.each([
  ["a scope with a space", { scopes: ["a b"] }, '"a b" is not a scope of Demo.'],
  ["a scope with a comma", { scopes: ["a,b"] }, '"a,b" is not a scope of Demo.'],
  ["an address that is none", { baseUrl: "javascript:alert(1)" }, "The base URL is not an http or https address."],
  ["settings that there are not", { config: { colour: "red" } }, "The settings of Demo are wrong"],
])("%s is refused before anybody is asked for access", async (_, extra, message) => {
  await using setup = await setUpFlow();

  await expect(startFlow(setup.parts, { ...setup.owner, service: "demo", ...extra })).rejects.toThrow(message);
});

test("a service without an app says how to set one", async () => {
  await using setup = await setUpFlow();
  await setup.parts.store.db.deleteFrom("oauth_apps").execute();

  await expect(startFlow(setup.parts, { ...setup.owner, service: "demo" })).rejects.toMatchObject({
    code: "conflict",
    hint: expect.stringContaining("patchbay oauth-apps set demo --client-id"),
  });
});
