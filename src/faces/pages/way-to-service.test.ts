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
  return { ...api, coder, request: id, link: hub.links.sign("requests", { id, workspaceId }, TOMORROW) };
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

test("who was denied while the owner was at the service has nothing of what is connected then", async () => {
  const { hub, coder, request, send, setApp, browser, link } = await arrange();
  await setApp();
  const page = await browser.open(link);
  const confirmation = await browser.follow(await browser.submit(page, { decision: "connect" }));

  await send(`POST /requests/${request}/deny`, { body: {} });
  const done = await browser.submit(confirmation, { decision: "connect" });
  const again = await browser.submit(page, { decision: "connect" });

  expect(textOf(done)).toMatch(/demo:ada@demo is connected .* Grant it with patchbay grants set PROFILE int_\w{26}/);
  expect((await hub.hub.calls.holdingsOf(coder.profileId)).grants).toEqual([]);
  expect(again.status).toBe(409);
  expect(textOf(again)).toContain("already denied");
});

test("what is connected again says who has it, and where it is if that is not the service's own address", async () => {
  const { hub, coder, data, setApp, browser, demo } = await arrange();
  await setApp();
  const comeTo = async (asked: object) => {
    const { url } = await data<{ url: string }>("POST /integrations/demo/connect", { body: asked });
    return browser.open(url);
  };
  const first = await comeTo({ base_url: `${demo.url}/` });
  await browser.submit(first, { decision: "connect" });
  const { grants } = await hub.hub.calls.holdingsOf(coder.profileId);

  const again = await comeTo({ integration: grants[0]?.integration.id });
  const done = await browser.submit(again, { decision: "connect" });

  expect(textOf(first)).toContain(`Address ${demo.url} Account`);
  expect(textOf(again)).toContain("Profiles coder, at once Replaces the access of demo:ada@demo");
  expect(textOf(done)).not.toContain("Grant it");
});

test("the owner who does not confirm is told where the service forgets it, too", async () => {
  const { setApp, data, browser } = await arrange();
  await setApp();
  const { url } = await data<{ url: string }>("POST /integrations/demo/connect", { body: {} });

  const cancelled = await browser.submit(await browser.open(url), { decision: "cancel" });

  expect(textOf(cancelled)).toContain("End the app's access in the account's settings at Demo.");
  expect(await data("GET /audit?action=oauth.fail")).toMatchObject([
    { details: { reason: "The owner did not confirm it." } },
  ]);
});

test("behind a proxy the page's cookie goes to where the browser sees the page", async () => {
  const api = await openDemoApi({ PATCHBAY_PUBLIC_URL: "https://example.com/hub/" });
  await api.setApp();
  const { url } = await api.data<{ url: string }>("POST /integrations/demo/connect", { body: {} });
  const { pathname, search } = await api.demo.visit(url);

  const page = await fetch(`${api.url}${pathname.replace("/hub", "")}${search}`);

  expect(page.headers.get("set-cookie")).toMatch(/; Path=\/hub\/oauth; .*; SameSite=Strict; Secure$/);
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
