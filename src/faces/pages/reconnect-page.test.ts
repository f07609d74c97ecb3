import { expect, test } from "vitest";
import { changeTokens } from "../../testing/connect-by-oauth.ts";
import { openDemoApi, textOf } from "../../testing/open-demo-api.ts";
import { findIntegration } from "../../integrations/integrations.ts";

const TOMORROW = new Date(Date.now() + 24 * 60 * 60 * 1000);

/** A hub with an account whose access its service refuses to renew, and the link that its owner gets. */
async function arrange() {
  const api = await openDemoApi();
  await api.connectDemo();
  const { hub, workspaceId } = api.hub;
  const row = await findIntegration(hub.store.db, workspaceId, "demo");
  const breakIt = async () => {
    await changeTokens(hub, row, { expiresAt: 1, refresh: "not one of the service's" });
    await api.send("POST /integrations/demo/verify");
  };
  const link = (until = TOMORROW) => hub.links.sign("integrations", { id: row.id, workspaceId }, until);
  return { ...api, row, breakIt, link, readStatus: () => api.data("GET /integrations/demo/status") };
}

test("an owner reconnects an account from the link: the same integration has new tokens, and works", async () => {
  const { browser, breakIt, link, row, readStatus } = await arrange();
  await breakIt();

  const page = await browser.open(link());
  const way = await browser.submit(page, { decision: "reconnect" });
  const confirmation = await browser.follow(way);
  const done = await browser.submit(confirmation, { decision: "connect" });

  expect(textOf(page)).toContain("demo:ada@demo must be reconnected Demo refused to renew the access it had given");
  expect(way.headers.get("refresh")).toMatch(/^0; url=http:\/\/127\.0\.0\.1:\d+\/auth\?/);
  expect(textOf(confirmation)).toContain("Replaces the access of demo:ada@demo");
  expect(textOf(done)).toContain("demo:ada@demo is connected");
  expect(await readStatus()).toMatchObject({ id: row.id, status: "active", status_reason: null });
  expect(textOf(await browser.open(link()))).toContain("demo:ada@demo works");
});

test("to look at the page, or to send it without a choice, begins nothing", async () => {
  const { hub, browser, breakIt, link } = await arrange();
  await breakIt();
  const countFlows = async () => (await hub.hub.store.db.selectFrom("oauth_flows").select("id").execute()).length;
  const before = await countFlows();

  const page = await browser.open(link());
  const unchosen = await browser.submit(page);
  const foreign = await browser.submit(page, { decision: "connect" });

  expect([page.status, unchosen.status, foreign.status]).toEqual([200, 400, 400]);
  expect(await countFlows()).toBe(before);
});

test("the link of an account that works begins nothing, whoever kept the page open", async () => {
  const { hub, browser, breakIt, link, setApp, row } = await arrange();
  await breakIt();
  const page = await browser.open(link());
  await setApp();
  await hub.hub.store.db.updateTable("integrations").set({ status: "active" }).where("id", "=", row.id).execute();
  const flows = await hub.hub.store.db.selectFrom("oauth_flows").select("id").execute();

  const sent = await browser.submit(page, { decision: "reconnect" });

  expect(textOf(sent)).toContain("demo:ada@demo works");
  expect(await hub.hub.store.db.selectFrom("oauth_flows").select("id").execute()).toEqual(flows);
});

test("a link that has expired, of another account, or without its token, shows and begins nothing", async () => {
  const { browser, breakIt, link, url } = await arrange();
  await breakIt();
  const other = new URL(link());
  other.pathname = "/integrations/int_01h455vb4pex5vsknk084sn02q";

  const pages = [
    await browser.open(link(new Date(Date.now() - 1000))),
    await browser.open(other),
    await browser.open(`${url}${new URL(link()).pathname}`),
  ];

  expect(pages.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(pages.map(textOf).join(" ")).not.toContain("ada@demo");
});

test("where no OAuth app is set, the page says by which command the account gets new credentials", async () => {
  const { hub, browser, breakIt, link, row } = await arrange();
  await breakIt();
  await hub.hub.store.db.deleteFrom("oauth_apps").execute();

  const page = await browser.open(link());

  expect(textOf(page)).toContain(`Give it new credentials: patchbay oauth start demo --integration ${row.id}`);
  expect(page.html).not.toContain("<form");
});
