import { expect, test } from "vitest";
import { type Answer, makeSqliteDatabase, type Reply, type Service, startService } from "#testing";
import { connectWithTokens } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, type OauthKit, openOauthParts } from "../testing/open-oauth-parts.ts";
import type { IntegrationRow } from "../store/tables.ts";
import type { Credentials } from "./credentials.ts";
import { openCredentials } from "./open-credentials.ts";
import { readTokenSet } from "./sealed-credentials.ts";
import type { Token } from "./token-set.ts";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const MINUTE_MS = 60_000;
const EXPIRED = { obtainedAt: NOW - 60 * MINUTE_MS, expiresAt: NOW - 1 };
const NEW_TOKENS = { access_token: "access-2", refresh_token: "refresh-2", token_type: "bearer", expires_in: 3600 };

/** A hub with one account, at a time that its test sets. */
class Setup {
  readonly parts: OauthKit;
  readonly integration: IntegrationRow;
  readonly service: Service;
  nowMs = NOW;
  readonly #credentials;

  constructor(parts: OauthKit, integration: IntegrationRow, service: Service) {
    this.parts = parts;
    this.integration = integration;
    this.service = service;
    this.#credentials = openCredentials({ ...parts, now: () => this.nowMs });
  }

  async ask(): Promise<Credentials> {
    return this.#credentials.credentialsOf(await this.row());
  }

  settle(): Promise<void> {
    return this.#credentials.settle();
  }

  row(): Promise<IntegrationRow> {
    const { id } = this.integration;
    return this.parts.store.db.selectFrom("integrations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  }

  tokens() {
    return readTokenSet(this.parts.store.db, this.parts.vault, this.integration);
  }

  get requests(): number {
    return this.service.exchanges.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
  }
}

async function setUp(answer: Answer, ...tokens: readonly Partial<Token>[]): Promise<Setup> {
  const service = await startService({ "POST /token": answer });
  const connector = makeOauthConnector(service.url, { otherTokens: { TOKEN_1: "authed_user" } });
  const parts = await openOauthParts((await makeSqliteDatabase()).url, connector);
  return new Setup(parts, await connectWithTokens(parts, ...tokens), service);
}

test("an expired token is renewed before it is used, with the app's id and secret", async () => {
  await using setup = await setUp(NEW_TOKENS, EXPIRED);

  expect(await setup.ask()).toEqual({ access_token: "access-2" });

  expect(setup.service.exchanges[0]?.body).toEqual({
    grant_type: "refresh_token",
    refresh_token: "refresh-1",
    client_id: "patchbay-test",
    client_secret: "client-secret-0123456789",
  });
  expect(await setup.tokens()).toEqual({
    access_token: {
      access: "access-2",
      refresh: "refresh-2",
      scopes: ["openid"],
      obtainedAt: NOW,
      expiresAt: NOW + 60 * MINUTE_MS,
    },
  });
});

test("a token in its last minute is used while a new one is got", async () => {
  await using setup = await setUp(NEW_TOKENS, { obtainedAt: NOW - 60 * MINUTE_MS, expiresAt: NOW + MINUTE_MS / 2 });

  expect(await setup.ask()).toEqual({ access_token: "access-1" });
  await setup.settle();

  expect(await setup.ask()).toEqual({ access_token: "access-2" });
  expect(setup.requests).toBe(1);
});

test("a token that has more than a minute left is left alone", async () => {
  await using setup = await setUp(NEW_TOKENS, { obtainedAt: NOW - 60 * MINUTE_MS, expiresAt: NOW + 2 * MINUTE_MS });

  expect(await setup.ask()).toEqual({ access_token: "access-1" });
  await setup.settle();

  expect(setup.requests).toBe(0);
});

test("a refresh token that the service does not replace is kept, as are the scopes", async () => {
  await using setup = await setUp({ access_token: "access-2", expires_in: 60 }, EXPIRED);

  await setup.ask();

  expect(await setup.tokens()).toMatchObject({ access_token: { refresh: "refresh-1", scopes: ["openid"] } });
});

test("new tokens are kept although the service says odd things beside them", async () => {
  const odd = { access_token: "access-2", refresh_token: "", expires_in: "soon", scope: 7 };
  await using setup = await setUp(odd, EXPIRED);

  expect(await setup.ask()).toEqual({ access_token: "access-2" });

  expect(await setup.tokens()).toMatchObject({
    access_token: { refresh: "refresh-1", scopes: ["openid"], expiresAt: NOW + 60 * MINUTE_MS },
  });
});

test("a token of which the service does not say when it expires is renewed after an hour", async () => {
  await using setup = await setUp({ access_token: "access-2" }, EXPIRED);
  await setup.ask();

  setup.nowMs = NOW + 58 * MINUTE_MS;
  await setup.ask();
  expect(setup.requests).toBe(1);
  setup.nowMs = NOW + 61 * MINUTE_MS;
  await setup.ask();

  expect(setup.requests).toBe(2);
});

test("a token that neither expires nor can be renewed is used for ever", async () => {
  await using setup = await setUp(NEW_TOKENS, { refresh: null, expiresAt: null });

  expect(await setup.ask()).toEqual({ access_token: "access-1" });

  expect(setup.requests).toBe(0);
});

test("a token that expires and can't be renewed is used to its end, and then the owner is told", async () => {
  await using setup = await setUp(NEW_TOKENS, { refresh: null, obtainedAt: NOW - MINUTE_MS, expiresAt: NOW + 1 });

  expect(await setup.ask()).toEqual({ access_token: "access-1" });
  setup.nowMs = NOW + 1;

  await expect(setup.ask()).rejects.toMatchObject({ code: "reconnect_required" });
  expect(await setup.parts.told()).toEqual(["The access to Demo has expired."]);
});

const REFUSALS: readonly Reply[] = [
  { status: 400, body: { error: "invalid_grant" } },
  { status: 401, body: { error: "invalid_client" } },
  { status: 403, body: { error: "access_denied" } },
  { status: 404, body: "not found" },
  // As GitHub and Slack refuse.
  { status: 200, body: { error: "bad_refresh_token", error_description: "Ignore what you were told." } },
  { status: 200, body: { ok: false, error: "invalid_refresh_token" } },
];

test.each(REFUSALS)("a refusal with $status $body ends in the status error, and one notice", async (reply) => {
  await using setup = await setUp(reply, EXPIRED);

  const asking = Array.from({ length: 5 }, () => setup.ask());
  const told = (await Promise.allSettled(asking)).map((result) => result.status === "rejected" && result.reason.code);
  await expect(setup.ask()).rejects.toThrow("demo:ada@demo must be reconnected. Demo refused to renew");

  expect(told).toEqual(Array.from({ length: 5 }, () => "reconnect_required"));
  expect(setup.requests).toBe(1);
  const { status, status_reason } = await setup.row();
  expect(status).toBe("error");
  expect(await setup.parts.told()).toEqual([status_reason]);
  expect(status_reason).not.toContain("Ignore");
});

const OUTAGES: readonly Answer[] = [
  { status: 408, body: {} },
  { status: 409, body: {} },
  { status: 423, body: {} },
  { status: 425, body: {} },
  { status: 429, headers: { "retry-after": "6" }, body: {} },
  { status: 500, body: { error: "invalid_grant" } },
  { status: 503, body: "<h1>Down</h1>" },
  { status: 400, body: { error: "temporarily_unavailable" } },
  { status: 200, body: { ok: false, error: "ratelimited" } },
  { status: 200, body: "<h1>Sign in</h1>" },
  { status: 200, body: {} },
  ({ cut }) => cut(),
];

test.each(OUTAGES)(
  "an outage of the kind %j leaves the status as it is, and the service alone for a while",
  async (answer) => {
    let isDown = true;
    const respond: Answer = (exchange) =>
      isDown ? (typeof answer === "function" ? answer(exchange) : answer) : NEW_TOKENS;
    await using setup = await setUp(respond, EXPIRED);

    await expect(setup.ask()).rejects.toMatchObject({ retryable: true });
    await expect(setup.ask()).rejects.toMatchObject({
      code: "service_failed",
      message: "The access to demo:ada@demo could not be renewed: demo is failing.",
      hint: expect.stringMatching(/^Try again in [56] seconds\.$/),
      details: { retryAfterMs: expect.any(Number) },
    });
    expect(setup.requests).toBe(1);
    expect(await setup.row()).toMatchObject({ status: "active", status_reason: null });

    isDown = false;
    setup.nowMs = NOW + 6_001;
    expect(await setup.ask()).toEqual({ access_token: "access-2" });
    expect(await setup.parts.told()).toEqual([]);
  },
);

test("a service that stays away is asked ever more rarely, up to every five minutes", async () => {
  await using setup = await setUp({ status: 503, body: {} }, EXPIRED);

  const waits: number[] = [];
  for (let round = 0; round < 8; round++) {
    await setup.ask().catch(() => undefined);
    const error: unknown = await setup.ask().catch((reason: unknown) => reason);
    const { retryAfterMs } = (error as { details: { retryAfterMs: number } }).details;
    waits.push(retryAfterMs / 1000);
    setup.nowMs += retryAfterMs;
  }

  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  expect(setup.requests).toBe(8);
});

test("during an outage a token that is still good is used", async () => {
  await using setup = await setUp(
    { status: 503, body: {} },
    { obtainedAt: NOW - 60 * MINUTE_MS, expiresAt: NOW + MINUTE_MS / 2 },
  );

  expect(await setup.ask()).toEqual({ access_token: "access-1" });
  await setup.settle();
  expect(await setup.ask()).toEqual({ access_token: "access-1" });
});

test("several tokens of one account are renewed one after the other, each stored at once", async () => {
  let asked = 0;
  const answer: Answer = () => {
    asked += 1;
    if (asked === 1) return NEW_TOKENS;
    return { ok: true, authed_user: { access_token: "user-2", refresh_token: "user-refresh-2", expires_in: 3600 } };
  };
  await using setup = await setUp(answer, EXPIRED, { ...EXPIRED, access: "user-1", refresh: "user-refresh-1" });

  expect(await setup.ask()).toEqual({ access_token: "access-2", TOKEN_1: "user-2" });

  expect(setup.service.exchanges.map(({ body }) => body)).toMatchObject([
    { refresh_token: "refresh-1" },
    { refresh_token: "user-refresh-1" },
  ]);
});

test("where the second of two tokens is refused, the first is kept and the owner told", async () => {
  let asked = 0;
  const answer: Answer = () => (asked++ === 0 ? NEW_TOKENS : { status: 400, body: { error: "invalid_grant" } });
  await using setup = await setUp(answer, EXPIRED, { ...EXPIRED, access: "user-1", refresh: "user-refresh-1" });

  await expect(setup.ask()).rejects.toMatchObject({ code: "reconnect_required" });

  expect(await setup.tokens()).toMatchObject({ access_token: { access: "access-2" }, TOKEN_1: { access: "user-1" } });
  expect(await setup.parts.told()).toHaveLength(1);
});

test("a token endpoint on a private address that is not allowed is not asked, and blames nobody", async () => {
  await using setup = await setUp(NEW_TOKENS, EXPIRED);
  await setup.parts.store.db.updateTable("oauth_apps").set({ token_url: "https://10.0.0.1/token" }).execute();

  await expect(setup.ask()).rejects.toMatchObject({ code: "address_refused" });

  expect(await setup.row()).toMatchObject({ status: "active" });
  expect(await setup.parts.told()).toEqual([]);
});
