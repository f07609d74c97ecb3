import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { CLIENTS } from "./any-client.ts";
import { type Office, openOffice, press } from "./open-office.ts";

interface Called {
  readonly status: string;
  readonly approval: string;
  readonly url: string;
}

/** An office whose coder is to ask before it files an issue. */
async function arrange() {
  const office = await openOffice();
  const { hub, owner, coder, github } = office;
  await hub.data("POST /integrations", { key: owner, body: github.body });
  await hub.data("PUT /profiles/coder/grants/github", { key: owner, body: { ask: ["create_issue"] } });
  const call = (title: string) =>
    hub.data<Called>("POST /tools/mcp__github__create_issue/call", {
      key: coder,
      body: { input: { owner: "acme", repo: "web", title } },
    });
  return { ...office, call };
}

type Decide = (office: Office, approval: string) => Promise<unknown>;

const byCommand: Decide = ({ cli }, approval) => cli.data(["approvals", "approve", approval]);
const byRest: Decide = ({ hub, owner }, approval) => hub.data(`POST /approvals/${approval}/approve`, { key: owner });
const fromPhone: Decide = async ({ links }, approval) => {
  const all = await links(1);
  const answer = await press(all.find((link) => link.includes(approval)) ?? "", { decision: "approve" });
  expect(answer.status).toBe(200);
};

test.each([
  ["by the command line", byCommand],
  ["by REST", byRest],
  ["from the phone", fromPhone],
])("what is approved %s runs once, with those arguments alone", async (_, approve) => {
  const office = await arrange();
  const { hub, coder, call, titles } = office;
  const look = (approval: string) =>
    hub.data<{ data: object }>("POST /tools/mcp__integrations__approval/call", {
      key: coder,
      body: { input: { approval } },
    });

  const [asked, again] = [await call("This"), await call("This")];
  const own = await hub.send(`POST /approvals/${asked.approval}/approve`, { key: coder });
  const before = titles();
  await approve(office, asked.approval);
  const seen = await look(asked.approval);
  const other = await call("That");
  const done = await call("This");
  const next = await call("This");
  const used = await look(asked.approval);

  expect(asked).toMatchObject({ status: "approval_pending", url: `${hub.url}/approvals/${asked.approval}` });
  expect(again.approval).toBe(asked.approval);
  expect(own.status).toBe(403);
  expect(before).toEqual([]);
  expect([seen, used]).toMatchObject([{ data: { status: "approved" } }, { data: { status: "used" } }]);
  expect([other, done, next]).toMatchObject([
    { status: "approval_pending" },
    { status: "done" },
    { status: "approval_pending" },
  ]);
  expect(new Set([asked, other, next].map(({ approval }) => approval)).size).toBe(3);
  expect(titles()).toEqual(["This"]);
});

test("a link decides once, and neither a look at it nor the agent's own link decides anything", async () => {
  const { cli, call, links, titles } = await arrange();
  const { approval, url } = await call("This");
  const [link = ""] = await links(1);

  const looks = [await fetch(link), await fetch(link, { method: "HEAD" }), await press(url, { decision: "approve" })];
  const before = await cli.data(["approvals", "list"]);
  await press(link, { decision: "deny" });
  const second = await press(link, { decision: "approve" });
  const late = await cli.error(["approvals", "approve", approval]);
  const told = await call("This").catch((error: unknown) => String(error));

  expect(looks.map(({ status }) => status)).toEqual([200, 200, 401]);
  expect(before).toMatchObject([{ id: approval, status: "pending" }]);
  expect(second.status).toBe(409);
  expect(late).toMatchObject({ code: "conflict", message: `The approval ${approval} was already denied.` });
  expect(told).toContain("The owner denied");
  expect(titles()).toEqual([]);
});

test("with --always the operation runs unasked from then on, for that profile", async () => {
  const { cli, hub, tester, call, titles } = await arrange();
  await cli.data(["grants", "set", "tester", "github", "--ask", "create_issue"]);

  const { approval } = await call("One");
  await cli.data(["approvals", "approve", approval, "--always"]);
  const calls = [await call("One"), await call("Two"), await call("Three")];
  const others = await hub.data("POST /tools/mcp__github__create_issue/call", {
    key: tester,
    body: { input: { owner: "acme", repo: "web", title: "Four" } },
  });

  expect(calls.map(({ status }) => status)).toEqual(["done", "done", "done"]);
  expect(others).toMatchObject({ status: "approval_pending" });
  expect(titles()).toEqual(["One", "Two", "Three"]);
});

test("what nobody decided or used in time has expired, whoever asks", async () => {
  const { cli, hub, owner, call, links, titles } = await arrange();
  const [undecided, unused] = [await call("Undecided"), await call("Unused")];
  const sent = await links(2);
  await cli.data(["approvals", "approve", unused.approval]);

  const database = new Database(join(cli.home, "patchbay.db"));
  database.prepare("update approvals set expires_at = ?").run(new Date(Date.now() - 1000).toISOString());
  database.close();
  const byHand = await cli.error(["approvals", "approve", undecided.approval]);
  const rest = await hub.send(`POST /approvals/${undecided.approval}/deny`, { key: owner });
  const page = await press(sent.find((link) => link.includes(undecided.approval)) ?? "", { decision: "approve" });
  const calls = [await call("Undecided"), await call("Unused")];
  const listed = await cli.data(["approvals", "list", "--status", "expired"]);

  expect(byHand).toMatchObject({ code: "conflict", message: `The approval ${undecided.approval} has expired.` });
  expect([rest.status, page.status]).toEqual([409, 409]);
  expect(calls).toMatchObject([{ status: "approval_pending" }, { status: "approval_pending" }]);
  expect(listed).toHaveLength(2);
  expect(titles()).toEqual([]);
});

test.each([CLIENTS[0], CLIENTS[3]])("%s started by a host asks its user, where that is enough", async (_, open) => {
  const { cli, links, titles } = await arrange();
  await cli.data(["grants", "set", "coder", "github", "--ask-whom", "user"]);
  const answers = (["decline", "accept"] as const)[Symbol.iterator]();
  const args = [cli.main, "mcp", "--profile", "coder"];
  const address = { command: process.execPath, args, env: { ...cli.env } };
  const client = await open(
    address,
    () => {},
    () => answers.next().value ?? "cancel",
  );
  const create = (title: string) => client.callTool("mcp__github__create_issue", { owner: "acme", repo: "web", title });

  const results = [await create("Declined"), await create("Accepted"), await create("Ignored")];

  expect(results).toMatchObject([
    { isError: true, structuredContent: { error: { code: "denied" } } },
    { structuredContent: { title: "Accepted" } },
    { isError: true },
  ]);
  expect(titles()).toEqual(["Accepted"]);
  expect(await links(0)).toEqual([]);
});
