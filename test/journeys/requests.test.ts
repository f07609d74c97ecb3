import { expect, test } from "vitest";
import { CLIENTS } from "./any-client.ts";
import { openOffice, press } from "./open-office.ts";

const WISH = { service: "github", reason: "To file bugs" };

interface Request {
  readonly id: string;
}

test("what two agents ask for is connected once, and both hear of it, by the old protocol and the new", async () => {
  const { cli, hub, owner, coder, tester, github, links } = await openOffice();
  const ask = (key: string) => hub.data<Request>("POST /requests", { key, body: WISH });
  const changed = new Set<string>();
  const [, openOld] = CLIENTS[0];
  const [, openNew] = CLIENTS[3];
  const clients = [
    await openOld(hub.mcp(coder), () => changed.add("coder")),
    await openNew(hub.mcp(tester), () => changed.add("tester")),
  ];
  const listNames = () =>
    Promise.all(clients.map(async (client) => (await client.listTools()).tools.map(({ name }) => name)));

  const [first, again, others] = [await ask(coder), await ask(coder), await ask(tester)];
  const asked = await links(2);
  const page = await fetch(asked.find((link) => link.includes(first.id)) ?? "");
  const pending = await cli.run(["requests", "list", "--status", "pending"]);
  const before = await listNames();
  const connected = await cli.data(github.command);
  await expect.poll(() => changed.size).toBe(2);
  const after = await listNames();
  const fates = [await hub.data("GET /requests", { key: coder }), await hub.data("GET /requests", { key: tester })];
  const status = await clients[0]?.callTool("mcp__integrations__status", {});
  const record = await hub.send("GET /audit?action=request.approve", { key: owner });

  expect(again.id).toBe(first.id);
  expect(others.id).not.toBe(first.id);
  expect(asked.map((link) => link.startsWith(`${hub.url}/requests/req_`))).toEqual([true, true]);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("coder asks for github")]);
  expect(pending.stdout.match(/To file bugs/g)).toHaveLength(2);
  expect(connected).toMatchObject({ granted_to: ["coder", "tester"] });
  expect(before.map((names) => names.includes("mcp__github__create_issue"))).toEqual([false, false]);
  expect(after.map((names) => names.includes("mcp__github__create_issue"))).toEqual([true, true]);
  expect(fates).toMatchObject([[{ id: first.id, status: "approved" }], [{ id: others.id, status: "approved" }]]);
  expect(status).toMatchObject({
    structuredContent: {
      integrations: [{ service: "github", enabled: true, status: "active" }],
      requests: [{ request: first.id, status: "approved" }],
    },
  });
  expect(record.body).toMatchObject({ data: [{ actor: "cli" }, { actor: "cli" }] });
});

test("a denial's reason reaches the agent, by the command line, by REST and from the phone", async () => {
  const { cli, hub, owner, coder, github, links } = await openOffice();
  await hub.data("POST /integrations", { key: owner, body: github.body });
  const ask = (operation: string) =>
    hub.data<Request>("POST /requests", { key: coder, body: { ...WISH, operations: [operation] } });

  const byCommand = await ask("create_issue");
  await cli.data(["requests", "deny", byCommand.id, "--reason", "Use the tracker"]);
  const byRest = await ask("list_issues");
  await hub.data(`POST /requests/${byRest.id}/deny`, { key: owner, body: { reason: "Ask tomorrow" } });
  const fromPhone = await ask("read_issue");
  const link = (await links(3)).find((each) => each.includes(fromPhone.id)) ?? "";
  const pressed = await press(link, { decision: "deny", reason: "Too curious" });
  const late = await cli.error(["requests", "approve", fromPhone.id]);
  const own = await hub.send(`POST /requests/${byRest.id}/approve`, { key: coder });
  const fates = await hub.data<readonly object[]>("GET /requests", { key: coder });
  const tools = await hub.data("GET /tools?service=github", { key: coder });

  expect(pressed.status).toBe(200);
  expect(late).toMatchObject({ exitCode: 5, code: "conflict" });
  expect(own.status).toBe(403);
  expect(fates).toMatchObject([
    { operations: ["read_issue"], status: "denied", answer: "Too curious" },
    { operations: ["list_issues"], status: "denied", answer: "Ask tomorrow" },
    { operations: ["create_issue"], status: "denied", answer: "Use the tracker" },
  ]);
  expect(tools).toEqual([]);
});

test("what is granted from the phone is what was asked for and no more", async () => {
  const { cli, hub, owner, coder, github, links } = await openOffice();
  await hub.data("POST /integrations", { key: owner, body: github.body });
  const wish = { ...WISH, operations: ["create_issue", "merge_pull_request"] };
  await hub.data("POST /requests", { key: coder, body: wish });

  const [link = ""] = await links(1);
  await press(link, { decision: "approve" });
  const tools = await hub.data("GET /tools?service=github", { key: coder });
  const grants = await cli.data(["grants", "list", "coder"]);

  expect(tools).toMatchObject([{ name: "mcp__github__create_issue" }, { name: "mcp__github__merge_pull_request" }]);
  expect(grants).toMatchObject([{ policy: { allow: ["create_issue"], ask: ["merge_pull_request"] } }]);
});
