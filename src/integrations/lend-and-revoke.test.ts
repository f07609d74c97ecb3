import { expect, test } from "vitest";
import { type Answer, makeSqliteDatabase, startService } from "#testing";
import type { OAuth2Auth } from "#connector";
import { runOperation } from "../egress/run-operation.ts";
import { changeTokens, connectWithTokens } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, openOauthParts } from "../testing/open-oauth-parts.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { storeConnection } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { openCredentials } from "./open-credentials.ts";
import { readTokenSet } from "./sealed-credentials.ts";
import { writeTokens } from "./token-set.ts";

const GOOD = { expiresAt: null };
const NEW_TOKENS = { access_token: "access-2", refresh_token: "refresh-2", expires_in: 3600 };

async function setUp(answers: Readonly<Record<string, Answer>>, auth: Partial<OAuth2Auth> = {}) {
  const service = await startService(answers);
  const parts = await openOauthParts((await makeSqliteDatabase()).url, makeOauthConnector(service.url, auth));
  const integration = await connectWithTokens(parts, GOOD);
  return {
    service,
    parts,
    integration,
    async call(): Promise<unknown> {
      const loan = await openCredentials(parts).lend(integration);
      try {
        return await runOperation(parts.egress, {
          mode: "live",
          connector: await parts.catalog.connector("demo"),
          operation: "who",
          input: {},
          credentials: loan.credentials,
          renew: loan.renew,
          config: {},
          signal: AbortSignal.timeout(10_000),
          idempotencyKey: "call-1",
        });
      } catch (error) {
        throw await loan.fail(error, ["openid", "files"]);
      }
    },
    status: () => parts.store.db.selectFrom("integrations").select("status").executeTakeFirstOrThrow(),
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

interface Connecting {
  readonly label?: string;
  readonly accountId?: string;
  readonly old?: IntegrationRow;
}

/** Another connection of the same service: of the same account unless told, and a new one unless told. */
async function connectAs({ parts, integration }: Setup, { label, accountId = "ada", old }: Connecting) {
  const { workspace_id: workspaceId } = integration;
  const { integration: connected } = await storeConnection(
    parts,
    { workspaceId, actor: "test", ...(label !== undefined && { label }) },
    {
      connector: await parts.catalog.connector("demo"),
      credentials: { oauth: writeTokens(await readTokenSet(parts.store.db, parts.vault, integration)) },
      config: {},
      baseUrl: undefined,
      account: { id: accountId, label: accountId },
      old,
    },
  );
  return connected;
}

type Setup = Awaited<ReturnType<typeof setUp>>;

test("a refused token is renewed once, and the call made again with the new one", async () => {
  const me: Answer = ({ headers }) =>
    headers["authorization"] === "Bearer access-2" ? { sub: "ada" } : { status: 401, body: {} };
  await using setup = await setUp({ "GET /me": me, "POST /token": NEW_TOKENS });

  expect(await setup.call()).toEqual({ sub: "ada" });

  expect(setup.service.exchanges.map(({ path }) => path)).toEqual(["/me", "/token", "/me"]);
  expect(await setup.parts.told()).toEqual([]);
});

test("a token that is refused although it was just renewed breaks the integration, and its owner is told once", async () => {
  await using setup = await setUp({ "GET /me": { status: 401, body: {} }, "POST /token": NEW_TOKENS });

  await expect(setup.call()).rejects.toMatchObject({ code: "reconnect_required" });

  expect(setup.service.exchanges.map(({ path }) => path)).toEqual(["/me", "/token", "/me"]);
  expect(await setup.status()).toEqual({ status: "error" });
  expect(await setup.parts.told()).toHaveLength(1);
});

test("a call that is forbidden for want of scopes says which, and how the owner allows them", async () => {
  await using setup = await setUp({ "GET /me": { status: 403, body: {} } });

  await expect(setup.call()).rejects.toMatchObject({
    code: "service_rejected",
    message: "Demo rejected the call: status 403.",
    hint: `demo:ada@demo was connected without files. Ask the owner to allow it: patchbay oauth start demo --integration ${setup.integration.id} --scope files`,
  });
  expect(await setup.status()).toEqual({ status: "active" });
});

test("a call that is refused for another reason, or whose account names no scopes, is not blamed on scopes", async () => {
  await using missing = await setUp({ "GET /me": { status: 404, body: {} } });
  await using unnamed = await setUp({ "GET /me": { status: 403, body: {} } });
  await changeTokens(unnamed.parts, unnamed.integration, { scopes: [] });

  await expect(missing.call()).rejects.toMatchObject({ code: "service_rejected", hint: undefined });
  await expect(unnamed.call()).rejects.toMatchObject({ code: "service_rejected", hint: undefined });
});

test("a scope that a wider one holds is not missed", async () => {
  await using setup = await setUp({ "GET /me": { status: 403, body: {} } }, { wider: { openid: ["files"] } });

  await expect(setup.call()).rejects.toMatchObject({ code: "service_rejected", hint: undefined });
});

test.each([
  ["rfc7009", "POST /revoke", {}],
  ["bearer", "POST /revoke", { revokeBy: "bearer" }],
  ["delete_grant", "DELETE /apps/patchbay-test/grant", { revokeBy: "delete_grant" }],
] as const)("access is revoked by %s before it is forgotten", async (_, route, auth) => {
  const service = await startService({ [route]: { status: 200, body: {} } });
  await using setup = await setUp(
    {},
    {
      ...auth,
      revokeUrl: `${service.url}/${route.split("/").slice(1).join("/").replace("patchbay-test", "{client_id}")}`,
    },
  );

  const outcome = await disconnect(setup.parts, "test", setup.integration);

  expect(outcome).toEqual({ isRevoked: true, byHand: undefined });
  expect(service.exchanges).toHaveLength(1);
  expect(await setup.parts.store.db.selectFrom("credentials").selectAll().execute()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

test.each([
  ["has forgotten the token", "rfc7009", { status: 400, body: { error: "invalid_token" } }, true],
  ["refuses the app", "rfc7009", { status: 401, body: { error: "invalid_client" } }, false],
  ["knows no such address", "rfc7009", { status: 404, body: {} }, false],
  ["says that the token was revoked", "bearer", { ok: false, error: "token_revoked" }, true],
  ["takes the token no more", "bearer", { status: 401, body: {} }, true],
  ["has no such grant", "delete_grant", { status: 404, body: {} }, true],
  ["takes the app's secret for wrong", "delete_grant", { status: 401, body: {} }, false],
] as const)(
  "where the service %s, access by %s is revoked or said not to be",
  async (_, revokeBy, answer, isRevoked) => {
    await using service = await startService({ "POST /revoke": answer, "DELETE /revoke": answer });
    await using setup = await setUp({}, { revokeBy, revokeUrl: `${service.url}/revoke` });

    const outcome = await disconnect(setup.parts, "test", setup.integration);

    expect(outcome.isRevoked).toBe(isRevoked);
    expect(outcome.byHand === undefined).toBe(isRevoked);
    expect(await setup.status()).toEqual({ status: "disconnected" });
  },
);

test("a token that has expired is renewed to be revoked, where it is revoked by being sent", async () => {
  await using service = await startService({ "POST /token": NEW_TOKENS, "POST /revoke": { status: 200, body: {} } });
  const auth = { revokeBy: "bearer", revokeUrl: `${service.url}/revoke`, tokenUrl: `${service.url}/token` } as const;
  await using setup = await setUp({}, auth);
  await changeTokens(setup.parts, setup.integration, { expiresAt: 1 });

  const outcome = await disconnect(setup.parts, "test", setup.integration);

  expect(outcome).toEqual({ isRevoked: true, byHand: undefined });
  expect(service.exchanges.map(({ path }) => path)).toEqual(["/token", "/revoke"]);
  expect(service.exchanges[1]?.headers["authorization"]).toBe("Bearer access-2");
});

test("what an account has by another label, too, is not revoked, and said; the last one ends it", async () => {
  await using service = await startService({ "POST /revoke": { status: 200, body: {} } });
  await using setup = await setUp({}, { revokeUrl: `${service.url}/revoke` });
  const { parts, integration } = setup;
  await connectAs(setup, { label: "bob", accountId: "bob" });
  const second = await connectAs(setup, { label: "second" });

  const first = await disconnect(parts, "test", integration);
  const last = await disconnect(parts, "test", second);

  expect(first).toEqual({ isRevoked: false, byHand: "demo:second goes on using the same access." });
  expect(last).toEqual({ isRevoked: true, byHand: undefined });
  expect(service.exchanges).toHaveLength(1);
});

test("a call that is refused after its account got other credentials does not break it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const me = async () => {
    await promise;
    return { status: 401, body: {} };
  };
  await using setup = await setUp({ "GET /me": me });
  const { parts, integration } = setup;
  await changeTokens(parts, integration, { refresh: null });
  const calling = setup.call();
  await expect.poll(() => setup.service.exchanges.length).toBe(1);

  await connectAs(setup, { old: integration });
  resolve();

  await expect(calling).rejects.toMatchObject({ code: "reconnect_required" });
  expect(await setup.status()).toEqual({ status: "active" });
  expect(await parts.told()).toEqual([]);
});

test("what can't be revoked is forgotten all the same, and said with where to end it by hand", async () => {
  await using setup = await setUp({}, { manageUrl: "https://demo.example/apps" });

  const outcome = await disconnect(setup.parts, "test", setup.integration);

  expect(outcome).toEqual({ isRevoked: false, byHand: "End the app's access at https://demo.example/apps." });
  expect(await setup.status()).toEqual({ status: "disconnected" });
});
