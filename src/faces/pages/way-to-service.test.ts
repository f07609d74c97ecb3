import { expect, test } from "vitest";
import { openDemoApi, textOf } from "../../testing/open-demo-api.ts";

const TOMORROW = new Date(Date.now() + 24 * 60 * 60 * 1000);

/** A hub in which an agent asks for a service that is not connected, and the link that its owner gets. */
async function arrange() {
  const api = await openDemoApi();
  const { hub, workspaceId } = api.hub;
  const coder = await api.hub.addProfile("coder");
  const { id } = await api.data<{ id: string }>("POST /requests", {
    body: { service: "demo", reason: "To know who it is", profile: "coder" },
  });
  return { ...api, coder, link: hub.links.sign("requests", { id, workspaceId }, TOMORROW) };
}

test("an owner connects from a request's page, and who asked has it", async () => {
  const { hub, coder, setApp, browser, link, demo } = await arrange();
  await setApp();

  const page = await browser.open(link);
  const way = await browser.submit(page, { decision: "connect" });
  const confirmation = await browser.follow(way);

  expect(page.html).toContain('value="connect"');
  expect(way.headers.get("refresh")?.startsWith(`0; url=${demo.url}/auth?`)).toBe(true);
  expect(way.headers.get("content-security-policy")).toContain("form-action 'self'");
  expect(textOf(confirmation)).toContain("Profiles coder, at once");
  await browser.submit(confirmation, { decision: "connect" });
  expect((await hub.hub.calls.listTools(coder.profileId)).map(({ name }) => name)).toEqual(["mcp__demo__who"]);
});

test("an owner who does not confirm has connected nothing, and the request still waits", async () => {
  const { data, setApp, browser, link } = await arrange();
  await setApp();

  const way = await browser.submit(await browser.open(link), { decision: "connect" });
  await browser.submit(await browser.follow(way), { decision: "cancel" });

  expect(await data("GET /integrations")).toEqual([]);
  expect(await data("GET /requests")).toMatchObject([{ status: "pending" }]);
});

test("without an OAuth app the page has no way to the service, and says what to do where it is asked for one", async () => {
  const { hub, browser, link } = await arrange();

  const page = await browser.open(link);
  const refused = await browser.submit(page, { decision: "connect" });

  expect(page.html).not.toContain('value="connect"');
  expect(refused.status).toBe(409);
  expect(textOf(refused)).toContain("patchbay oauth-apps set demo --client-id");
  expect(await hub.hub.store.db.selectFrom("oauth_flows").selectAll().execute()).toEqual([]);
});
