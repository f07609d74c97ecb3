import { expect, test } from "vitest";
import { makeSqliteDatabase } from "#testing";
import { connectWithTokens, setUpApp } from "../testing/connect-by-oauth.ts";
import { makeOauthConnector, openOauthParts } from "../testing/open-oauth-parts.ts";
import { CLIENT } from "../testing/start-authorization-server.ts";
import { disconnect } from "./disconnect.ts";
import { openApp, setApp } from "./oauth-apps.ts";

const { clientId, clientSecret } = CLIENT;
const HOME = "https://demo.example";
const ELSEWHERE = "https://elsewhere.example";

/** A hub with the owner's app of a service. */
async function arrange() {
  const connector = makeOauthConnector(HOME, { revokeUrl: `${HOME}/revoke` });
  const parts = await openOauthParts((await makeSqliteDatabase()).url, connector);
  const owner = await setUpApp(parts);
  return {
    parts,
    change: (spec: object) => setApp(parts, owner, "demo", { clientId, ...spec }),
    read: () => openApp(parts, owner.workspaceId, connector),
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

test("an app's secret is kept for the same app at the same service", async () => {
  await using app = await arrange();

  await app.change({ authorizeUrl: `${ELSEWHERE}/auth`, tokenUrl: `${HOME}/v2/token` });

  expect(await app.read()).toMatchObject({ clientSecret, tokenUrl: `${HOME}/v2/token` });
});

test.each([
  ["another app", { clientId: "other" }],
  ["an app whose tokens come from elsewhere", { tokenUrl: `${ELSEWHERE}/token` }],
  ["an app whose tokens are revoked elsewhere", { revokeUrl: `${ELSEWHERE}/revoke` }],
])("a secret is not kept for %s", async (_, change) => {
  await using app = await arrange();

  await app.change(change);

  expect(await app.read()).not.toHaveProperty("clientSecret");
});

test.each([
  ["renewed", { tokenUrl: `${ELSEWHERE}/token` }],
  ["revoked", { revokeUrl: `${ELSEWHERE}/revoke` }],
])("what is connected is not %s elsewhere, whoever says so", async (_, change) => {
  await using app = await arrange();
  const integration = await connectWithTokens(app.parts, {});

  await expect(app.change({ clientSecret, ...change })).rejects.toMatchObject({
    code: "conflict",
    message: "The access of demo:ada@demo would be renewed or revoked elsewhere.",
    hint: "Disconnect demo:ada@demo first, or leave the app's addresses where they are.",
  });
  expect(await app.read()).toMatchObject({ tokenUrl: `${HOME}/token`, revokeUrl: `${HOME}/revoke` });

  await disconnect(app.parts, "test", integration);
  await app.change({ clientSecret, ...change });
  expect(await app.read()).toMatchObject(change);
});
