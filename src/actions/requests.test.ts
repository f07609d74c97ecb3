import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { askOwner } from "./ask-owner.ts";
import { approve, create, deny, inspect } from "./requests.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };

const owner = ({ hub }: TestHub) => hub.contextOf(hub.owner, new AbortController().signal);

const startGithub = () =>
  startService({ "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" } });

const toolsOf = async ({ hub }: TestHub, { profileId }: { profileId: string }) =>
  (await hub.calls.listTools(profileId)).map(({ name }) => name);

test("connecting a service grants each profile what it asked for, and no more", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const [some, all, none] = [await hub.addProfile("some"), await hub.addProfile("all"), await hub.addProfile("none")];
  const wish = { service: "github", reason: "To help" };
  await askOwner(hub.hub, some, { ...wish, operations: ["create_issue"] });
  await askOwner(hub.hub, some, { ...wish, operations: ["list_issues", "merge_pull_request"] });
  await askOwner(hub.hub, all, { ...wish, operations: ["create_issue"] });
  await askOwner(hub.hub, all, wish);

  await hub.connect("github", github.url, CREDENTIALS);

  expect((await toolsOf(hub, some)).toSorted()).toEqual([
    "mcp__github__create_issue",
    "mcp__github__list_issues",
    "mcp__github__merge_pull_request",
  ]);
  expect((await hub.hub.calls.holdingsOf(some.profileId)).grants[0]?.policy.ask).toEqual(["merge_pull_request"]);
  expect((await toolsOf(hub, all)).length).toBeGreaterThan(10);
  expect(await toolsOf(hub, none)).toEqual([]);
});

test("an owner sees what the wanted operations do, and from which accounts they can be granted", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const { id } = await hub.connect("github", github.url, CREDENTIALS);
  const wish = { service: "github", reason: "To help", operations: ["merge_pull_request"] };
  const request = await askOwner(hub.hub, caller, wish);

  expect(await inspect.run({ request: request.id }, owner(hub))).toMatchObject({
    profile: "coder",
    operations: ["merge_pull_request"],
    wanted: [{ operation: "merge_pull_request", effect: "destructive" }],
    accounts: [{ integration: id, label: "octocat" }],
  });
});

test("what a grant denies is not granted by a request, and the owner is told", async () => {
  const github = await startGithub();
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  await hub.grant(caller, integration, { deny: ["merge_*"] });
  const wish = { service: "github", reason: "To ship", operations: ["merge_pull_request"] };
  const { id } = await askOwner(hub.hub, caller, wish);

  await expect(approve.run({ request: id }, owner(hub))).rejects.toMatchObject({
    code: "conflict",
    message: "The grant of coder denies merge_pull_request.",
  });
  expect(await inspect.run({ request: id }, owner(hub))).toMatchObject({ status: "pending" });
});

test("a request is granted from an account of its own service only", async () => {
  const github = await startGithub();
  const slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  await hub.connect("github", github.url, CREDENTIALS);
  const other = await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" });
  const { id } = await askOwner(hub.hub, caller, { service: "github", reason: "To help" });

  await expect(approve.run({ request: id, integration: other.id }, owner(hub))).rejects.toMatchObject({
    code: "invalid_input",
    hint: `The request ${id} is for github.`,
  });
});

test("what nobody could grant is refused with the nearest names", async () => {
  const hub = await openTestHub();
  await hub.addProfile("coder");
  const wish = { profile: "coder", service: "github", reason: "To file", operations: ["creat_issue"] };

  await expect(create.run(wish, owner(hub))).rejects.toMatchObject({
    code: "invalid_input",
    hint: expect.stringContaining("create_issue"),
  });
});

test("a denial is on record with what was denied, and can't be taken back", async () => {
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const { id } = await askOwner(hub.hub, caller, { service: "github", reason: "To help" });

  const denied = await deny.run({ request: id, reason: "Use GitLab" }, owner(hub));

  expect(denied).toMatchObject({ status: "denied", answer: "Use GitLab", profile: "coder" });
  await expect(approve.run({ request: id, all: true }, owner(hub))).rejects.toMatchObject({ code: "not_found" });
  await expect(deny.run({ request: id }, owner(hub))).rejects.toMatchObject({ code: "conflict" });
});
