import { hash } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { askOwner } from "../../actions/ask-owner.ts";
import { findApproval } from "../../access/approvals.ts";
import { findRequest } from "../../access/requests.ts";
import { serveHttp } from "../http/server.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };
const INPUT = { owner: "acme", repo: "web", number: 3, commit_title: `<script>alert("x")</script>\u202e` };
const TOMORROW = new Date(Date.now() + 24 * 60 * 60 * 1000);

/** A hub that serves its pages, and an agent with GitHub whose merges ask. */
async function arrange() {
  const github = await startService({
    "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" },
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
  });
  const hub = await openTestHub();
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  const { links, store } = hub.hub;
  const addressOf = (kind: "approvals" | "requests", id: string, until = TOMORROW): string => {
    const { pathname, search } = new URL(links.sign(kind, { id, workspaceId: hub.workspaceId }, until));
    return `${server.url}${pathname}${search}`;
  };
  const merge = () => hub.call(caller, "mcp__github__merge_pull_request", INPUT);
  return {
    hub,
    caller,
    integration,
    server,
    addressOf,
    merge,
    merges: () => github.exchanges.filter(({ method }) => method === "PUT").length,
    statusOf: async (id: string) => (await findApproval(store.db, hub.workspaceId, id)).status,
  };
}

/** With a call that waits for the owner. */
async function arrangeApproval() {
  const arranged = await arrange();
  await arranged.hub.grant(arranged.caller, arranged.integration);
  const { approval } = (await arranged.merge()) as { approval: string };
  return { ...arranged, approval, address: arranged.addressOf("approvals", approval) };
}

/** Sends the page's form as a browser does. */
function send(
  address: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { origin, searchParams } = new URL(address);
  const body = new URLSearchParams({ token: searchParams.get("token") ?? "", ...fields });
  const browser = { origin, "sec-fetch-site": "same-origin" };
  return fetch(address, { method: "POST", body, redirect: "manual", headers: { ...browser, ...headers } });
}

test("the page shows exactly what would run, and to look at it decides nothing", async () => {
  const { approval, address, statusOf } = await arrangeApproval();

  const [first, again, head] = [await fetch(address), await fetch(address), await fetch(address, { method: "HEAD" })];

  const text = await first.text();
  expect([first.status, again.status, head.status]).toEqual([200, 200, 200]);
  expect(text).toContain("coder wants to run github.merge_pull_request");
  expect(text).toContain("octocat (github)");
  expect(text).toContain("Merge a pull request");
  expect(text).toContain("&#34;number&#34;: 3");
  expect(text).toContain("&#60;script&#62;alert(\\&#34;x\\&#34;)&#60;/script&#62;\\u{202e}");
  expect(text).not.toContain("<script");
  expect(await statusOf(approval)).toBe("pending");
});

test("the page loads nothing, runs nothing, and is neither framed, kept nor told of", async () => {
  const { address } = await arrangeApproval();

  const page = await fetch(address);

  const text = await page.text();
  const [, style = ""] = /<style>(.*)<\/style>/s.exec(text) ?? [];
  expect(page.headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  expect(Object.fromEntries(page.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
  });
  expect(text).not.toMatch(/https?:|\bsrc=|\bhref=|@import|url\(/);
  expect(text).toContain('name="viewport"');
  expect(style).toContain("color-scheme: light dark");
});

test("what is approved on the page runs once, and the page then says so", async () => {
  const { address, merge, merges, statusOf, approval } = await arrangeApproval();

  const answer = await send(address, { decision: "approve" });
  const shown = await fetch(new URL(answer.headers.get("location") ?? "", address));
  const result = await merge();
  const afterwards = await merge();

  expect(answer.status).toBe(303);
  expect(await shown.text()).toMatch(/Approved\. The agent can make the call now, once\.(?!.*<form)/s);
  expect(result).toMatchObject({ status: "done" });
  expect(afterwards).toMatchObject({ status: "approval_pending" });
  expect(merges()).toBe(1);
  expect(await statusOf(approval)).toBe("used");
});

test("what is denied on the page is refused, and the agent told", async () => {
  const { address, merge, merges } = await arrangeApproval();

  await send(address, { decision: "deny" });

  await expect(merge()).rejects.toMatchObject({ code: "denied", message: expect.stringContaining("The owner denied") });
  expect(merges()).toBe(0);
});

test("a link decides once", async () => {
  const { address, approval, statusOf } = await arrangeApproval();
  await send(address, { decision: "deny" });

  const second = await send(address, { decision: "approve" });

  expect(second.status).toBe(409);
  expect(await second.text()).toContain(`The approval ${approval} was already denied.`);
  expect(await statusOf(approval)).toBe("denied");
});

test("to allow always takes its own tick, and frees that operation alone", async () => {
  const { address, merge, hub, caller } = await arrangeApproval();

  await send(address, { decision: "approve", always: "yes" });
  const results = [await merge(), await merge()];

  expect(results).toMatchObject([{ status: "done" }, { status: "done" }]);
  const { grants } = await hub.hub.calls.holdingsOf(caller.profileId);
  expect(grants[0]?.policy).toEqual({ unasked: ["merge_pull_request"] });
});

test.each([
  ["without a token", (address: string) => address.replace(/\?.*/, ""), "The owner decides by the link"],
  ["with a changed token", (address: string) => address.replace("token=", "token=9"), "This link is not good"],
])("an address %s shows nothing and says what to do", async (_, change, said) => {
  const { approval, address, statusOf } = await arrangeApproval();

  const shown = await fetch(change(address));
  const sent = await send(change(address), { decision: "approve" });

  const text = await shown.text();
  expect([shown.status, sent.status]).toEqual([401, 401]);
  expect(text).toContain(said);
  expect(text).toContain(`patchbay approvals approve ${approval}`);
  expect(text).not.toMatch(/acme|merge_pull_request|<form/);
  expect(await statusOf(approval)).toBe("pending");
});

test("a link that has expired decides nothing", async () => {
  const { approval, addressOf, statusOf } = await arrangeApproval();
  const address = addressOf("approvals", approval, new Date(Date.now() - 1000));

  expect((await send(address, { decision: "approve" })).status).toBe(401);
  expect(await statusOf(approval)).toBe("pending");
});

test.each([
  ["another site's page", { origin: "https://evil.example" }],
  ["another site's page by a browser's own account", { "sec-fetch-site": "cross-site" }],
  ["something that is no form", { "content-type": "text/plain" }],
])("a decision sent by %s is refused", async (_, headers) => {
  const { approval, address, statusOf } = await arrangeApproval();

  const answer = await send(address, { decision: "approve" }, headers);

  expect(answer.status).toBe(403);
  expect(await statusOf(approval)).toBe("pending");
});

test("a form without a choice decides nothing", async () => {
  const { approval, address, statusOf } = await arrangeApproval();

  expect((await send(address, {})).status).toBe(400);
  expect(await statusOf(approval)).toBe("pending");
});

/** With a profile's request for one operation. */
async function arrangeRequest() {
  const arranged = await arrange();
  const { caller, hub } = arranged;
  const wish = { service: "github", reason: "To <b>file</b> bugs", operations: ["create_issue"] };
  const { id } = await askOwner(hub.hub, caller, wish);
  const tools = async () => (await hub.hub.calls.listTools(caller.profileId)).map(({ name }) => name);
  return { ...arranged, id, tools, address: arranged.addressOf("requests", id) };
}

test("a request is granted on its page for what was asked", async () => {
  const { address, tools } = await arrangeRequest();

  const text = await (await fetch(address)).text();
  const answer = await send(address, { decision: "approve" });

  expect(text).toContain("coder asks for operations of github");
  expect(text).toContain("To &#60;b&#62;file&#60;/b&#62; bugs");
  expect(text).toContain("<code>create_issue</code>");
  expect(text).not.toContain("<code>merge_pull_request</code>");
  expect(answer.status).toBe(303);
  expect(await tools()).toEqual(["mcp__github__create_issue"]);
});

test("an owner can grant all of the service instead", async () => {
  const { address, tools } = await arrangeRequest();

  await send(address, { decision: "all" });

  expect((await tools()).length).toBeGreaterThan(5);
});

test("a request is denied on its page with a reason", async () => {
  const { address, id, hub, tools } = await arrangeRequest();

  await send(address, { decision: "deny", reason: "Use e-mail" });

  expect(await findRequest(hub.hub.store.db, hub.workspaceId, id)).toMatchObject({
    status: "denied",
    answer: "Use e-mail",
  });
  expect(await tools()).toEqual([]);
  expect(await (await fetch(address)).text()).toContain("<b>Denied.</b> Use e-mail");
});

test("of several accounts the owner names one, and none is guessed", async () => {
  const { hub, caller, addressOf } = await arrange();
  const other = await startService({
    "GET /user": { id: 2, login: "hubot", name: null, html_url: "https://github.com/hubot" },
  });
  const { id } = await hub.connect("github", other.url, { GITHUB_TOKEN: "ghp_other0123456789other0123456789other01" });
  const request = await askOwner(hub.hub, caller, { service: "github", reason: "To file bugs" });
  const address = addressOf("requests", request.id);

  const unnamed = [
    await send(address, { decision: "approve" }),
    await send(address, { decision: "all", integration: "" }),
  ];
  const before = (await hub.hub.calls.holdingsOf(caller.profileId)).grants;
  await send(address, { decision: "approve", integration: id });

  expect(unnamed.map(({ status }) => status)).toEqual([409, 404]);
  expect(before).toEqual([]);
  expect((await hub.hub.calls.holdingsOf(caller.profileId)).grants).toMatchObject([{ integration: { id } }]);
});

test("in the field for why something is denied, the key Enter denies", async () => {
  const { hub, caller, addressOf } = await arrange();
  const { id } = await askOwner(hub.hub, caller, { service: "github", reason: "To merge" });

  const text = await (await fetch(addressOf("requests", id))).text();

  const form = text.split("<form").find((part) => part.includes('name="reason"'));
  expect([...(form ?? "").matchAll(/<button[^>]* value="(\w+)"/g)].map(([, value]) => value)).toEqual(["deny"]);
  expect(text).toContain("<dt>Account</dt><dd>octocat</dd>");
});

test("what is not connected can be denied on its page, and connected by a command", async () => {
  const { hub, caller, addressOf } = await arrange();
  const { id } = await askOwner(hub.hub, caller, { service: "slack", reason: "To report" });

  const text = await (await fetch(addressOf("requests", id))).text();

  expect(text).toContain("patchbay connect slack");
  expect(text).toContain('value="deny"');
  expect(text).not.toContain('value="approve"');
});
