import { expect, test } from "vitest";
import { onEachStore, startChild, startService } from "#testing";
import type { IntegrationRow } from "../store/tables.ts";
import { changeTokens, connectByOauth, connectWithTokens } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, type OauthKit, openOauthParts } from "../testing/open-oauth-parts.ts";
import { startAuthorizationServer } from "../testing/start-authorization-server.ts";
import { openCredentials } from "./open-credentials.ts";
import { readTokenSet } from "./sealed-credentials.ts";

const RENEW = new URL("../../test/fixtures/renew-tokens.ts", import.meta.url);

const EXPIRED = { expiresAt: 1 };

function readRow({ store }: OauthKit, { id }: IntegrationRow): Promise<IntegrationRow> {
  return store.db.selectFrom("integrations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** What a caller gets now: a token that the service takes, or else what it is told. */
async function tryToken(parts: OauthKit, serviceUrl: string, integration: IntegrationRow): Promise<string> {
  const { credentialsOf } = openCredentials({ ...parts, leaseMs: 1_000 });
  try {
    const { access_token } = await credentialsOf(await readRow(parts, integration));
    const answer = await fetch(`${serviceUrl}/me`, { headers: { authorization: `Bearer ${access_token}` } });
    return answer.ok ? "works" : `refused with ${answer.status}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Two refreshes of one integration at once, the first of which has outlived its lease, and what the service answers each. */
async function raceRefreshes(databaseUrl: string) {
  const answers = [Promise.withResolvers<object>(), Promise.withResolvers<object>()];
  let asked = 0;
  const service = await startService({ "POST /token": () => answers[asked++]?.promise });
  const parts = await openOauthParts(databaseUrl, makeOauthConnector(service.url));
  const integration = await connectWithTokens(parts, EXPIRED);
  const first = openCredentials({ ...parts, leaseMs: 1 }).credentialsOf(integration);
  await expect.poll(() => asked).toBe(1);
  const second = openCredentials(parts).credentialsOf(integration);
  await expect.poll(() => asked).toBe(2);
  return {
    parts,
    integration,
    answerFirst: (answer: object) => answers[0]?.resolve(answer),
    answerSecond: (answer: object) => answers[1]?.resolve(answer),
    first,
    second,
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

await onEachStore((makeDatabase) => {
  test("a hundred callers in two processes cause one token request at expiry", async () => {
    await using server = await startAuthorizationServer();
    const { url } = await makeDatabase();
    await using parts = await openOauthParts(url, makeOauthConnector(server.url));
    const integration = await connectByOauth(parts, server);
    await changeTokens(parts, integration, EXPIRED);
    const args = [url, server.url, integration.id, "50", String(Date.now() + 2_500)];

    const children = [startChild(RENEW, ...args), startChild(RENEW, ...args)];
    expect(await Promise.all(children.map((child) => child.nextLine()))).toEqual(["ready", "ready"]);
    const [first, second] = await Promise.all(children.map((child) => child.nextLine()));

    expect(server.tokenRequests).toEqual(["authorization_code", "refresh_token"]);
    expect(first).toMatch(/^\["[\w-]{40,}"\]$/);
    expect(second).toBe(first);
    expect(await tryToken(parts, server.url, integration)).toBe("works");
  });

  const REUSED = "demo:ada@demo must be reconnected. Demo refused to renew the access it had given: invalid_grant.";

  test.each([
    ["turn taken", "works", "active", 0],
    ["request", "works", "active", 0],
    // The service has forgotten the old tokens, and nobody has the new ones.
    ["answer", REUSED, "error", 1],
    ["stored", "works", "active", 0],
    ["ended", "works", "active", 0],
  ])(
    "a refresh killed at the step %j leaves no integration that is dead in silence",
    async (step, outcome, status, notices) => {
      await using server = await startAuthorizationServer();
      const { url } = await makeDatabase();
      await using parts = await openOauthParts(url, makeOauthConnector(server.url));
      const integration = await connectByOauth(parts, server);
      await changeTokens(parts, integration, EXPIRED);

      const child = startChild(RENEW, url, server.url, integration.id, "5", "0", step);
      expect(await child.nextLine()).toBe("ready");
      expect(await child.exitCode).toBe(null);

      expect(await tryToken(parts, server.url, integration)).toBe(outcome);
      expect((await readRow(parts, integration)).status).toBe(status);
      expect(await parts.told()).toHaveLength(notices);
    },
  );

  test("an owner is told of a refusal although the process that heard it was killed at once", async () => {
    await using server = await startAuthorizationServer();
    const { url } = await makeDatabase();
    await using parts = await openOauthParts(url, makeOauthConnector(server.url));
    const integration = await connectByOauth(parts, server);
    await changeTokens(parts, integration, { ...EXPIRED, refresh: "not one of the service's" });

    await startChild(RENEW, url, server.url, integration.id, "1", "0", "stored").exitCode;

    expect((await readRow(parts, integration)).status).toBe("error");
    expect(await parts.told()).toEqual(["Demo refused to renew the access it had given: invalid_grant."]);
  });

  test("what a process gets too late never takes the place of something newer", async () => {
    await using race = await raceRefreshes((await makeDatabase()).url);

    race.answerSecond({ access_token: "access-3", refresh_token: "refresh-3", expires_in: 3600 });
    expect(await race.second).toEqual({ access_token: "access-3" });
    race.answerFirst({ access_token: "access-2", refresh_token: "refresh-2", expires_in: 3600 });

    expect(await race.first).toEqual({ access_token: "access-3" });
    const { store, vault } = race.parts;
    expect(await readTokenSet(store.db, vault, race.integration)).toMatchObject({
      access_token: { access: "access-3", refresh: "refresh-3" },
    });
  });

  test("what a process gets too late is kept where there is nothing newer, and helps who was refused meanwhile", async () => {
    await using race = await raceRefreshes((await makeDatabase()).url);

    race.answerFirst({ access_token: "access-2", refresh_token: "refresh-2", expires_in: 3600 });
    expect(await race.first).toEqual({ access_token: "access-2" });
    race.answerSecond({ status: 400, body: { error: "invalid_grant" } });

    expect(await race.second).toEqual({ access_token: "access-2" });
    expect((await readRow(race.parts, race.integration)).status).toBe("active");
    expect(await race.parts.told()).toEqual([]);
  });
});
