import { expect, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { deleteGrant, setGrant } from "../access/grants.ts";
import type { Caller } from "../call/open-calls.ts";
import { disconnect } from "../integrations/disconnect.ts";
import type { IntegrationRow } from "../store/tables.ts";
import { approve, inspect, list } from "./approvals.ts";
import { set } from "./grants.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };
const INPUT = { owner: "acme", repo: "web", number: 3 };

const owner = ({ hub }: TestHub) => hub.contextOf(hub.owner, new AbortController().signal);

/** A call that waits for the owner. */
async function arrange(input: object = INPUT) {
  const github = await startService({
    "GET /user": { id: 1, login: "octocat", name: null, html_url: "https://github.com/octocat" },
    "PUT /repos/acme/web/pulls/3/merge": { sha: "abc", merged: true, message: "merged" },
  });
  const hub = await openTestHub();
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  await hub.grant(caller, integration, { deny: ["create_*"] });
  const merge = () => hub.call(caller, "mcp__github__merge_pull_request", input);
  const { approval } = (await merge()) as { approval: string };
  const policy = async () => (await hub.hub.calls.holdingsOf(caller.profileId)).grants[0]?.policy;
  return { hub, caller, integration, merge, approval, policy };
}

test("an operation that is always allowed runs unasked from then on, on record and at once", async () => {
  const { hub, caller, approval, merge, policy } = await arrange();

  await approve.run({ approval, always: true }, owner(hub));

  expect([await merge(), await merge()]).toMatchObject([{ status: "done" }, { status: "done" }]);
  expect(await policy()).toEqual({ deny: ["create_*"], unasked: ["merge_pull_request"] });
  const filter = { workspaceId: hub.workspaceId, profileId: caller.profileId, limit: 20 };
  expect(await hub.hub.audit.list({ ...filter, action: "approval.approve" })).toMatchObject([
    { actor: "cli", operation: "github.merge_pull_request", details: JSON.stringify({ approval, always: true }) },
  ]);
  expect((await hub.hub.audit.list({ ...filter, action: "grant.set" }))[0]?.details).toContain("unasked");
});

/** What an owner may do to a grant between a call's question and its answer. */
const CHANGES: readonly (readonly [string, (arranged: Awaited<ReturnType<typeof arrange>>) => Promise<void>])[] = [
  ["denies it", ({ hub, caller, integration }) => hub.grant(caller, integration, { deny: ["merge_*"] })],
  ["hides it", ({ hub, caller, integration }) => hub.grant(caller, integration, { allow: ["list_*"] })],
];

test.each(CHANGES)("what a grant that %s no longer covers can't be allowed always", async (_, change) => {
  const arranged = await arrange();
  const { hub, approval, policy } = arranged;
  await change(arranged);
  const before = await policy();

  await expect(approve.run({ approval, always: true }, owner(hub))).rejects.toMatchObject({
    code: "conflict",
    message: "The profile's grant no longer covers merge_pull_request.",
  });

  expect(await inspect.run({ approval }, owner(hub))).toMatchObject({ status: "pending", may_allow_always: false });
  expect(await policy()).toEqual(before);
});

const ENDINGS: typeof CHANGES = [
  ["taken away", ({ hub, caller, integration }) => deleteGrant(hub.hub, "cli", keyOf(caller, integration))],
  [
    "switched off",
    async ({ hub, caller, integration }) =>
      void (await setGrant(hub.hub, "cli", { ...keyOf(caller, integration), enabled: false })),
  ],
];

const keyOf = ({ workspaceId, profileId }: Caller, { id }: IntegrationRow) => ({
  workspaceId,
  profileId,
  integrationId: id,
});

test.each(ENDINGS)("what was approved under a grant that was %s is asked again under the next one", async (_, end) => {
  const arranged = await arrange();
  const { hub, approval, merge, caller, integration } = arranged;
  await approve.run({ approval }, owner(hub));

  await end(arranged);
  await setGrant(hub.hub, "cli", { ...keyOf(caller, integration), enabled: true });

  const again = (await merge()) as { approval: string };
  expect(again).toMatchObject({ status: "approval_pending" });
  expect(again.approval).not.toBe(approval);
  await expect(approve.run({ approval }, owner(hub))).rejects.toThrow("has expired.");
});

test("an account that is disconnected leaves no call that waits", async () => {
  const { hub, approval, integration } = await arrange();

  await disconnect(hub.hub, "cli", integration);

  expect((await list.run({ status: "pending", limit: 50 }, owner(hub))).data).toEqual([]);
  expect(await inspect.run({ approval }, owner(hub))).toMatchObject({ status: "expired" });
});

test("an owner inspects all that a call would send, without what looks like a secret", async () => {
  const commit_message = `Ship ${"x".repeat(3000)} with ghp_0123456789abcdef0123`;
  const { hub, approval } = await arrange({ ...INPUT, commit_message });

  const shown = await inspect.run({ approval }, owner(hub));
  const [row] = (await list.run({ limit: 50 }, owner(hub))).data;

  expect(shown).toMatchObject({
    profile: "coder",
    account: "octocat",
    effect: "destructive",
    is_whole: true,
    may_allow_always: true,
    arguments: expect.stringContaining(`${"x".repeat(3000)} with [redacted]`),
  });
  expect(row?.arguments_preview).toHaveLength(2000);
});

test("arguments that are too long to keep are said to be cut", async () => {
  const { hub, approval } = await arrange({ ...INPUT, commit_message: "x".repeat(60_000) });

  const shown = await inspect.run({ approval }, owner(hub));

  expect(shown).toMatchObject({ is_whole: false, arguments: expect.stringMatching(/x…$/) });
  expect(shown.arguments).toHaveLength(50_000);
});

test("who is asked changes without the lists, and a new list of what asks ends what was always allowed", async () => {
  const { hub, approval, policy } = await arrange();
  await approve.run({ approval, always: true }, owner(hub));
  const grant = { profile: "coder", integration: "github" };

  await set.run({ ...grant, ask_whom: "user" }, owner(hub));
  const asked = await policy();
  await set.run({ ...grant, ask: ["merge_pull_request"] }, owner(hub));

  expect(asked).toEqual({ deny: ["create_*"], unasked: ["merge_pull_request"], ask_whom: "user" });
  expect(await policy()).toEqual({ deny: ["create_*"], ask: ["merge_pull_request"], ask_whom: "user" });
});
