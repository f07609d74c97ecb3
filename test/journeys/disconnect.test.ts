import { createEmulator, type EmulatorOptions } from "emulate";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Service, startService } from "#testing";
import { openDemoApi } from "../../src/testing/open-demo-api.ts";
import { openTestApi, type TestApi } from "../../src/testing/open-test-api.ts";
import { Browser } from "../../src/testing/open-browser.ts";
import { CLIENTS } from "./any-client.ts";
import { openCli } from "./open-cli.ts";
import { TRANSPORTS } from "./transports.ts";

const APP = { client_id: "patchbay-app", client_secret: "app-secret-0123456789" };

async function startEmulator(options: EmulatorOptions) {
  const emulator = await createEmulator({ ...options, port: 0 });
  onTestFinished(() => emulator.close());
  return emulator;
}

/** Connects by OAuth as an owner does, from the app to the page on which the hub asks. */
async function connect(api: TestApi, service: string, app: object, asked: object, user = {}): Promise<void> {
  await api.data(`PUT /oauth-apps/${service}`, { body: { ...APP, ...app } });
  const { url } = await api.data<{ url: string }>(`POST /integrations/${service}/connect`, { body: asked });
  const browser = new Browser();
  const page = await browser.submit(await browser.open(url), user);
  await browser.submit(page, { decision: "connect" });
  await api.data(`GET /integrations/${service}`);
}

/** The hub keeps no secret of what was disconnected, and its record says what became of the access. */
async function readRemains({ hub, data }: TestApi) {
  const { db } = hub.hub.store;
  const [entry] = await data<readonly { details: object }[]>("GET /audit?action=integration.disconnect");
  return {
    secrets: await db.selectFrom("credentials").select("field").execute(),
    grants: await db.selectFrom("grants").select("profile_id").execute(),
    details: entry?.details,
  };
}

/** What a service is sent when its access is taken back. */
const sentTo = ({ exchanges }: Service) =>
  exchanges.map(({ method, path, headers, body }) => ({
    request: `${method} ${path}`,
    by: headers["authorization"],
    body,
  }));

test("GitHub is told to forget all that the account had granted the app", async () => {
  const seed = { github: { users: [{ login: "mona" }] } };
  const github = await startEmulator({ service: "github", seed });
  const api = await openTestApi();
  const path = `/applications/${APP.client_id}/grant`;
  await using revocation = await startService({ [`DELETE ${path}`]: { status: 204 } });
  const app = {
    authorize_url: `${github.url}/login/oauth/authorize`,
    token_url: `${github.url}/login/oauth/access_token`,
    revoke_url: `${revocation.url}/applications/{client_id}/grant`,
  };
  await connect(api, "github", app, { base_url: github.url }, { login: "mona" });

  const { status, body } = await api.send("DELETE /integrations/github");

  expect([status, body]).toEqual([204, undefined]);
  expect(sentTo(revocation)).toEqual([
    {
      request: `DELETE ${path}`,
      by: `Basic ${Buffer.from(`${APP.client_id}:${APP.client_secret}`).toString("base64")}`,
      body: { access_token: expect.any(String) },
    },
  ]);
  expect(await readRemains(api)).toMatchObject({ secrets: [], grants: [], details: { revoked: true } });
  expect(await api.send("GET /integrations/github")).toMatchObject({ status: 404 });
});

test("Slack revokes each of its two tokens", async () => {
  const seed = { slack: { team: { name: "Acme", domain: "acme" } } };
  const slack = await startEmulator({ service: "slack", seed });
  const api = await openTestApi();
  await using revocation = await startService({ "POST /auth.revoke": { ok: true, revoked: true } });
  const app = {
    authorize_url: `${slack.url}/oauth/v2/authorize`,
    token_url: `${slack.url}/api/oauth.v2.access`,
    revoke_url: `${revocation.url}/auth.revoke`,
  };
  await connect(api, "slack", app, { base_url: `${slack.url}/api` });

  await api.send("DELETE /integrations/slack");

  expect(sentTo(revocation).map(({ by }) => by)).toEqual([
    expect.stringMatching(/^Bearer xoxb-/),
    expect.stringMatching(/^Bearer xoxp-/),
  ]);
  expect(await readRemains(api)).toMatchObject({ secrets: [], details: { revoked: true } });
});

test("Google revokes the refresh token, which ends all access with it", async () => {
  const seed = { google: { users: [{ email: "ada@example.com" }] } };
  const google = await startEmulator({ service: "google", seed });
  await using gmail = await startService({ "GET /profile": { emailAddress: "ada@example.com" } });
  await using revocation = await startService({ "POST /revoke": { status: 200, body: {} } });
  const api = await openTestApi();
  const app = {
    authorize_url: `${google.url}/o/oauth2/v2/auth`,
    token_url: `${google.url}/oauth2/token`,
    revoke_url: `${revocation.url}/revoke`,
  };
  await connect(api, "gmail", app, { base_url: gmail.url });

  await api.send("DELETE /integrations/gmail");

  expect(sentTo(revocation)).toMatchObject([{ request: "POST /revoke", body: { token: expect.any(String) } }]);
  expect(await readRemains(api)).toMatchObject({ secrets: [], details: { revoked: true } });
});

test("what a service does not take back is forgotten all the same, and on record with what is left to do", async () => {
  const api = await openDemoApi();
  await api.connectDemo();
  const outage = await startService({ "POST /revoke": { status: 503, body: {} } });
  await api.hub.hub.store.db
    .updateTable("oauth_apps")
    .set({ revoke_url: `${outage.url}/revoke` })
    .execute();

  const { status } = await api.send("DELETE /integrations/demo");

  expect(status).toBe(204);
  expect(await readRemains(api)).toMatchObject({
    secrets: [],
    details: {
      revoked: false,
      by_hand: "Demo failed: status 503. End the app's access in the account's settings at Demo.",
    },
  });
});

test("the command says what could not be taken back and where to do it by hand, and Telegram loses its webhook", async () => {
  await using telegram = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/deleteWebhook": { ok: true, result: true },
  });
  const cli = openCli({ PATCHBAY_ALLOW_PRIVATE_HOSTS: "127.0.0.1" });
  await cli.data(["connect", "telegram", "--credential", "TELEGRAM_BOT_TOKEN=111:aaa", "--base-url", telegram.url]);

  const disconnected = await cli.data(["integrations", "disconnect", "telegram"]);
  const again = await cli.error(["integrations", "disconnect", "telegram"]);

  expect(disconnected).toMatchObject({
    service: "telegram",
    revoked: false,
    by_hand: expect.stringMatching(/is still good until you delete it at https:\/\/t\.me\/BotFather/i),
  });
  expect(telegram.exchanges.map(({ path }) => path)).toContain("/bot111:aaa/deleteWebhook");
  expect(again).toMatchObject({ exitCode: 4, code: "not_found" });
  expect(cli.transcript()).not.toContain("111:aaa");
});

describe.each(TRANSPORTS)("by %s", (_transport, addressOf) => {
  test.each(CLIENTS)("%s sees that the tools of a disconnected account are gone", async (_client, open) => {
    const github = await startService({ "GET /user": { id: 1, login: "mona" } });
    const api = await openTestApi();
    const coder = await api.hub.addProfile("coder");
    const row = await api.hub.connect("github", github.url, { GITHUB_TOKEN: "ghp_sentinel0123456789" });
    await api.hub.grant(coder, row);
    const changed = Promise.withResolvers<void>();
    const client = await open(await addressOf(api.hub, coder), () => changed.resolve());
    const listed = async () => (await client.listTools()).tools.filter(({ name }) => name.startsWith("mcp__github__"));
    const before = await listed();

    await api.send("DELETE /integrations/github");
    await changed.promise;
    const call = await client.callTool("mcp__github__read_viewer", {});

    expect(before).not.toEqual([]);
    expect(await listed()).toEqual([]);
    expect(call).toMatchObject({ isError: true, structuredContent: { error: { code: "not_granted" } } });
  });
});
