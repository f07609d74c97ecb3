import { expect, test } from "vitest";
import { startService } from "#testing";
import { findIntegration } from "../../src/integrations/integrations.ts";
import { changeTokens } from "../../src/testing/connect-by-oauth.ts";
import { type DemoApi, openDemoApi, textOf } from "../../src/testing/open-demo-api.ts";

/** A phone to which the hub tells its owner things. */
async function addPhone(api: DemoApi) {
  api.hub.hub.outbox.start();
  const telegram = await startService({
    "POST /bot111:aaa/getMe": { ok: true, result: { id: 111, is_bot: true, first_name: "Bot", username: "one_bot" } },
    "POST /bot111:aaa/sendMessage": { ok: true, result: { message_id: 5, date: 1, chat: { id: 7, type: "private" } } },
  });
  const credentials = { TELEGRAM_BOT_TOKEN: "111:aaa" };
  const body = { service: "telegram", base_url: telegram.url, credentials, config: { defaultChatId: "7" } };
  await api.data("POST /integrations", { body });
  await api.data("PUT /channels", { body: { channels: ["telegram"] } });
  const messages = () => telegram.exchanges.filter(({ path }) => path.endsWith("/sendMessage")).map(({ text }) => text);
  return {
    messages,
    /** What was ever to be told, delivered or not. */
    notices: () => api.data<readonly object[]>("GET /notifications"),
    linkOf: (message: string) => /"url":"(.*?)"/.exec(message)?.[1] ?? "",
  };
}

/** A hub with an account that was connected by OAuth, and an agent that may use it. */
async function arrange() {
  const api = await openDemoApi();
  await api.connectDemo();
  const { hub } = api.hub;
  const coder = await api.hub.addProfile("coder");
  const row = await findIntegration(hub.store.db, api.hub.workspaceId, "demo");
  await api.hub.grant(coder, row);
  const key = await api.hub.addKey(coder);
  return {
    ...api,
    phone: await addPhone(api),
    row,
    change: (change: Parameters<typeof changeTokens>[2]) => changeTokens(hub, row, change),
    call: () => api.send("POST /tools/mcp__demo__who/call", { key, body: { input: {} } }),
    readStatus: () => api.data("GET /integrations/demo/status", { key }),
  };
}

test("an access that expires is renewed by one request, however many calls need it, and no agent notices", async () => {
  const { demo, change, call, phone } = await arrange();
  await change({ expiresAt: 1 });

  const answers = await Promise.all(Array.from({ length: 20 }, () => call()));

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(answers[0]?.body).toMatchObject({ data: { status: "done", data: { sub: "ada" } } });
  expect(demo.tokenRequests).toEqual(["authorization_code", "refresh_token"]);
  expect(await phone.notices()).toEqual([]);
});

test("an access that the service does not take before its time is renewed, and the call made again", async () => {
  const { demo, change, call } = await arrange();
  await change({ access: "not-one-of-the-service" });

  expect(await call()).toMatchObject({ status: 200 });
  expect(demo.tokenRequests).toEqual(["authorization_code", "refresh_token"]);
});

test("to verify an account renews an access that the service does not take, rather than call it broken", async () => {
  const { demo, change, send } = await arrange();
  await change({ access: "not-one-of-the-service" });

  expect(await send("POST /integrations/demo/verify")).toMatchObject({ body: { data: { status: "active" } } });
  expect(demo.tokenRequests).toEqual(["authorization_code", "refresh_token"]);
});

test("what broke by a wrong secret of the owner's app works again once that is right and the account verified", async () => {
  const { change, call, send, setApp } = await arrange();
  const { body: app } = await send("GET /oauth-apps");
  const [{ client_id, authorize_url, token_url }] = (app as { data: [Record<string, string>] }).data;
  const wrong = { client_id, authorize_url, token_url, client_secret: "not the app's" };
  await send("PUT /oauth-apps/demo", { body: wrong });
  await change({ expiresAt: 1 });

  const refused = await call();
  const stillWrong = await send("POST /integrations/demo/verify");
  await setApp();
  const right = await send("POST /integrations/demo/verify");

  expect(refused).toMatchObject({ status: 409, body: { code: "reconnect_required" } });
  const advice = expect.stringMatching(/OAuth app's id and secret right, then run "patchbay integrations verify int_/);
  expect(stillWrong).toMatchObject({ body: { data: { status: "error", status_reason: advice } } });
  expect(right).toMatchObject({ body: { data: { status: "active", status_reason: null } } });
  expect(await call()).toMatchObject({ status: 200 });
});

test("what the service does not renew is told the owner once, with a link by which it works again", async () => {
  const { browser, change, call, phone, row, readStatus } = await arrange();
  await change({ expiresAt: 1, refresh: "not one of the service's" });

  const refusals = [await call(), await call(), await call()];
  const broken = await readStatus();
  await expect.poll(phone.messages).toHaveLength(1);
  const [message = ""] = phone.messages();
  const way = await browser.submit(await browser.open(phone.linkOf(message)), { decision: "reconnect" });
  const done = await browser.submit(await browser.follow(way), { decision: "connect" });

  expect(refusals.map(({ status, body }) => [status, (body as { code: string }).code])).toEqual(
    Array.from({ length: 3 }, () => [409, "reconnect_required"]),
  );
  expect(broken).toMatchObject({ status: "error", runtime: { ready: false }, status_reason: expect.any(String) });
  expect(message).toContain("demo:ada@demo must be reconnected. Demo refused to renew the access it had given");
  expect(message).toContain(`By command: patchbay oauth start demo --integration ${row.id}.`);
  expect(textOf(done)).toContain("demo:ada@demo is connected");
  expect(await readStatus()).toMatchObject({ id: row.id, status: "active", runtime: { ready: true } });
  expect(await call()).toMatchObject({ status: 200 });
  expect(await phone.notices()).toHaveLength(1);
});

test("while the service fails nobody is told, the account stays, and the status says when it is asked again", async () => {
  const { hub, change, call, phone, readStatus } = await arrange();
  const outage = await startService({ "POST /token": { status: 503, body: {} } });
  await hub.hub.store.db
    .updateTable("oauth_apps")
    .set({ token_url: `${outage.url}/token` })
    .execute();
  await change({ expiresAt: 1 });

  const failure = await call();

  expect(failure).toMatchObject({ status: 502, body: { code: "service_failed" } });
  expect(await readStatus()).toMatchObject({ status: "active", runtime: { retry_at: expect.stringMatching(/^2/) } });
  expect(await phone.notices()).toEqual([]);
});

test("a key that the service refuses in a call is an error that the owner is told of once, until it has a new one", async () => {
  const api = await openDemoApi();
  const phone = await addPhone(api);
  let isTaken = true;
  const github = await startService({
    "GET /user": () => (isTaken ? { id: 1, login: "mona" } : { status: 401, body: { message: "Bad credentials" } }),
  });
  const coder = await api.hub.addProfile("coder");
  const key = await api.hub.addKey(coder);
  const body = { service: "github", base_url: github.url, credentials: { GITHUB_TOKEN: "ghp_sentinel0123456789" } };
  await api.data("POST /integrations", { body });
  await api.data("PUT /profiles/coder/grants/github", { body: {} });
  const call = () => api.send("POST /tools/mcp__github__read_viewer/call", { key, body: { input: {} } });

  isTaken = false;
  const refusals = [await call(), await call()];
  const broken = await api.data("GET /integrations/github/status", { key });
  await expect.poll(phone.messages).toHaveLength(1);
  const [message = ""] = phone.messages();
  const page = await api.browser.open(phone.linkOf(message));
  isTaken = true;
  await api.data("PUT /integrations/github/credentials", { body: { credentials: body.credentials } });

  expect(refusals).toMatchObject([
    { status: 409, body: { code: "reconnect_required" } },
    { status: 409, body: { code: "reconnect_required" } },
  ]);
  expect(broken).toMatchObject({ status: "error", status_reason: expect.stringContaining("refused the credential") });
  expect(textOf(page)).toMatch(/new credentials: patchbay credentials set int_\w{26} --credential GITHUB_TOKEN=…/);
  expect(await call()).toMatchObject({ status: 200 });
  expect(await api.data("GET /integrations/github/status", { key })).toMatchObject({ status: "active" });
  expect(await phone.notices()).toHaveLength(1);
});
