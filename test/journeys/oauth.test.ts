import { createEmulator, type EmulatorOptions } from "emulate";
import { expect, onTestFinished, test } from "vitest";
import { startService } from "#testing";
import { createKey } from "../../src/access/keys.ts";
import { serveHttp } from "../../src/faces/http/server.ts";
import { findIntegration } from "../../src/integrations/integrations.ts";
import { changeTokens } from "../../src/testing/connect-by-oauth.ts";
import { Browser } from "../../src/testing/open-browser.ts";
import { textOf } from "../../src/testing/open-demo-api.ts";
import { openTestHub } from "../../src/testing/open-test-hub.ts";

type Answer = Readonly<Record<string, unknown>>;

/** A hub that is served, and its API as its owner uses it. */
async function serveHub() {
  const kit = await openTestHub();
  const server = await serveHttp(kit.hub);
  onTestFinished(() => server.close());
  const { token } = await createKey(kit.hub.store.db, { workspaceId: kit.workspaceId, mode: "live" });
  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${server.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === "" ? {} : (JSON.parse(text) as { data: Answer }).data;
  }
  return { kit, url: server.url, ask };
}

async function startEmulator(options: EmulatorOptions) {
  const emulator = await createEmulator({ ...options, port: 0 });
  onTestFinished(() => emulator.close());
  return emulator;
}

const APP = { client_id: "patchbay-app", client_secret: "app-secret-0123456789" };

type Hub = Awaited<ReturnType<typeof serveHub>>;

/** Sets the app and goes through the service's page to the hub's own, on which an owner is asked to confirm. */
async function authorize({ ask }: Hub, service: string, app: object, asked: object, user = {}) {
  await ask("PUT", `/oauth-apps/${service}`, { ...APP, ...app });
  const { url, flow } = await ask("POST", `/integrations/${service}/connect`, asked);
  const browser = new Browser();
  const page = await browser.submit(await browser.open(String(url)), user);
  const readStatus = () => ask("GET", `/oauth/status?service=${service}&flow=${String(flow)}`);
  return { browser, page, readStatus };
}

test("an owner connects GitHub by OAuth, and an agent that had asked for it works as that account", async () => {
  const github = await startEmulator({
    service: "github",
    seed: { github: { users: [{ login: "mona" }], repos: [{ owner: "mona", name: "web", auto_init: true }] } },
  });
  const hub = await serveHub();
  const coder = await hub.kit.addProfile("coder");
  const { token } = await createKey(hub.kit.hub.store.db, {
    workspaceId: hub.kit.workspaceId,
    profileId: coder.profileId,
    mode: "live",
  });
  await fetch(`${hub.url}/v1/requests`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ service: "github", reason: "To file what I find" }),
  });
  const app = {
    authorize_url: `${github.url}/login/oauth/authorize`,
    token_url: `${github.url}/login/oauth/access_token`,
  };

  const { browser, page, readStatus } = await authorize(
    hub,
    "github",
    app,
    { base_url: github.url },
    { login: "mona" },
  );
  expect(textOf(page)).toContain("Connect mona of GitHub?");
  expect(textOf(page)).toContain("Profiles coder, at once");
  expect(await readStatus()).toMatchObject({ status: "authorized", account: "mona" });
  const done = await browser.submit(page, { decision: "connect" });

  expect(textOf(done)).toContain("github:mona is connected");
  expect(await readStatus()).toMatchObject({ status: "connected" });
  const issue = await hub.kit.call(coder, "mcp__github__create_issue", { owner: "mona", repo: "web", title: "Found" });
  expect(issue).toMatchObject({ status: "done", data: { number: 1 }, account: { label: "mona" } });
});

test("Slack's two tokens are kept and each is used for what needs it", async () => {
  const slack = await startEmulator({ service: "slack", seed: { slack: { team: { name: "Acme", domain: "acme" } } } });
  const hub = await serveHub();
  const app = { authorize_url: `${slack.url}/oauth/v2/authorize`, token_url: `${slack.url}/api/oauth.v2.access` };

  const { browser, page } = await authorize(hub, "slack", app, { base_url: `${slack.url}/api` });
  await browser.submit(page, { decision: "connect" });

  const row = await findIntegration(hub.kit.hub.store.db, hub.kit.workspaceId, "slack");
  expect(await hub.kit.hub.credentialsOf(row)).toEqual({
    access_token: expect.stringMatching(/^xoxb-/),
    SLACK_USER_TOKEN: expect.stringMatching(/^xoxp-/),
  });
  const coder = await hub.kit.addProfile("coder");
  await hub.kit.grant(coder, row);
  expect(await hub.kit.call(coder, "mcp__slack__list_channels", {})).toMatchObject({ status: "done" });
});

test("Google's access is renewed when it has expired, and revoked when the account is disconnected", async () => {
  const google = await startEmulator({
    service: "google",
    seed: { google: { users: [{ email: "ada@example.com" }] } },
  });
  // The emulator has no profile, which is where Gmail says whose account it is.
  await using gmail = await startService({ "GET /profile": { emailAddress: "ada@example.com" } });
  const hub = await serveHub();
  const app = {
    authorize_url: `${google.url}/o/oauth2/v2/auth`,
    token_url: `${google.url}/oauth2/token`,
    revoke_url: `${google.url}/oauth2/revoke`,
  };

  const { browser, page } = await authorize(hub, "gmail", app, { base_url: gmail.url });
  await browser.submit(page, { decision: "connect" });
  const row = await findIntegration(hub.kit.hub.store.db, hub.kit.workspaceId, "gmail");
  await changeTokens(hub.kit.hub, row, { expiresAt: 1 });
  await hub.ask("POST", "/integrations/gmail/verify");

  const [first, second] = gmail.exchanges.map(({ headers }) => headers["authorization"]);
  expect(second).toMatch(/^Bearer \S+$/);
  expect(second).not.toBe(first);
  await hub.ask("DELETE", "/integrations/gmail");
  const entries = await hub.ask("GET", "/audit?action=integration.disconnect");
  expect(entries).toMatchObject([{ details: { revoked: true } }]);
});

test("Linear is connected with PKCE by a registered app, and its access revoked at the end", async () => {
  const hub = await serveHub();
  const registered = { ...APP, name: "Patchbay", redirect_uris: [`${hub.url}/oauth/callback/linear`] };
  const linear = await startEmulator({
    service: "linear",
    seed: { linear: { oauth_apps: [registered] } },
  });
  const app = {
    authorize_url: `${linear.url}/oauth/authorize`,
    token_url: `${linear.url}/oauth/token`,
    revoke_url: `${linear.url}/oauth/revoke`,
  };

  const { browser, page, readStatus } = await authorize(hub, "linear", app, { base_url: linear.url });
  await browser.submit(page, { decision: "connect" });

  expect(await readStatus()).toMatchObject({
    status: "connected",
    account: "Emulate (admin@linear.local)",
  });
  await hub.ask("DELETE", "/integrations/linear");
  expect(await hub.ask("GET", "/audit?action=integration.disconnect")).toMatchObject([{ details: { revoked: true } }]);
});

test("the page on which an owner confirms runs nothing, loads nothing, and takes one word from one browser", async () => {
  const github = await startEmulator({ service: "github", seed: { github: { users: [{ login: "mona" }] } } });
  const hub = await serveHub();
  const app = {
    authorize_url: `${github.url}/login/oauth/authorize`,
    token_url: `${github.url}/login/oauth/access_token`,
  };

  const { browser, page, readStatus } = await authorize(hub, "github", app, { base_url: github.url });
  const elsewhere = await new Browser().submit(page, { decision: "connect" });
  const reloaded = await browser.open(page.url);

  expect(page.headers.get("content-security-policy")).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
  );
  expect(page.headers.get("set-cookie")).toMatch(
    /^patchbay_flow_flow_\w+=[\w-]{43}; Path=\/oauth; Max-Age=600; HttpOnly; SameSite=Strict$/,
  );
  expect(page.headers.get("cache-control")).toBe("no-store");
  expect(elsewhere.status).toBe(409);
  expect(textOf(elsewhere)).toContain("This page was used already, has expired, or was opened in another browser.");
  expect(reloaded.status).toBe(409);
  expect(textOf(reloaded)).toContain("The service's answer was used already.");
  const refused = await browser.submit(page, { decision: "cancel" });
  expect(textOf(refused)).toContain("Nothing was connected");
  expect(await readStatus()).toMatchObject({ status: "failed", reason: "The owner did not confirm it." });
  expect(await hub.ask("GET", "/integrations")).toEqual([]);
});

test.each([
  ["?code=1", 400, "The address carries no state, or several."],
  ["?code=1&state=<script>alert(1)</script>", 400, "This hub has not asked for this answer."],
])("the callback answers %j with a page that says what is wrong", async (query, status, message) => {
  const hub = await serveHub();

  const page = await new Browser().open(`${hub.url}/oauth/callback/github${query}`);

  expect(page.status).toBe(status);
  expect(textOf(page)).toContain(message);
  expect(page.html).not.toContain("<script>");
});

test("a preview of the service's answer does not use it up", async () => {
  const hub = await serveHub();
  await hub.ask("PUT", "/oauth-apps/github", APP);
  const { url, flow } = await hub.ask("POST", "/integrations/github/connect", {});
  const state = new URL(String(url)).searchParams.get("state") ?? "";

  const answer = await fetch(`${hub.url}/oauth/callback/github?code=1&state=${state}`, { method: "HEAD" });

  expect(answer.status).toBe(400);
  expect(await hub.ask("GET", `/oauth/status?service=github&flow=${String(flow)}`)).toMatchObject({
    status: "pending",
  });
});
