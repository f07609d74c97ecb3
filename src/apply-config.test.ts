import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { setGrant } from "./access/grants.ts";
import type { Policy } from "./access/policy.ts";
import { applyConfig } from "./apply-config.ts";

const CREDENTIALS = { GITHUB_TOKEN: "ghp_sentinel0123456789sentinel0123456789" };

/** A hub whose config file says this of a grant, and has been put into effect once. */
async function arrange(named: object) {
  const github = await startService({ "GET /user": { id: 1, login: "octo" } });
  const grants = [{ integration: "github", ...named }];
  const hub = await openTestHub({ file: { profiles: { coder: { grants } } } });
  const integration = await hub.connect("github", github.url, CREDENTIALS);
  await applyConfig(hub.hub);
  const { store } = hub.hub;
  const { id: profileId } = await store.db.selectFrom("profiles").selectAll().executeTakeFirstOrThrow();
  const grant = { workspaceId: hub.workspaceId, profileId, integrationId: integration.id };
  return {
    change: (change: { enabled?: boolean; policy?: Policy }) => setGrant(hub.hub, "cli", { ...grant, ...change }),
    applyAgain: (other?: object) => {
      const { config } = hub.hub;
      const profiles = { coder: { grants: [{ integration: "github", ...other }], notificationChannels: [] } };
      return applyConfig(other ? { ...hub.hub, config: { ...config, profiles } } : hub.hub);
    },
    held: async () => {
      const [granted] = (await hub.hub.calls.holdingsOf(profileId)).grants;
      return { enabled: granted?.enabled, policy: granted?.policy };
    },
    countEntries: async () => (await hub.hub.audit.list({ workspaceId: hub.workspaceId, limit: 100 })).length,
  };
}

test("a grant of the file is as the file says, and applying it again changes nothing", async () => {
  const { applyAgain, held, countEntries } = await arrange({ ask: ["create_*"], deny: ["merge_*"] });
  const before = await countEntries();

  await applyAgain();

  expect(await held()).toEqual({ enabled: true, policy: { ask: ["create_*"], deny: ["merge_*"] } });
  expect(await countEntries()).toBe(before);
});

test("what the owner allowed for good, denied besides or switched off stays so at the next start", async () => {
  const { change, applyAgain, held } = await arrange({ ask: ["create_*"] });
  const policy = { ask: ["create_*"], deny: ["merge_*"], unasked: ["create_issue"] };
  await change({ enabled: false, policy });

  await applyAgain();

  expect(await held()).toEqual({ enabled: false, policy });
});

test("what the file names comes back, and a new list of what asks forgets what was allowed for good", async () => {
  const { change, applyAgain, held } = await arrange({ ask: ["create_*"], enabled: true });
  await change({ enabled: false, policy: { ask: ["create_*"], unasked: ["create_issue"] } });

  await applyAgain({ ask: ["create_*", "list_*"], enabled: true });

  expect(await held()).toEqual({ enabled: true, policy: { ask: ["create_*", "list_*"] } });
});

test("a file that has another account under a known label is refused, and the account stays", async () => {
  const [octo, hubot] = await Promise.all([
    startService({ "GET /user": { id: 1, login: "octo" } }),
    startService({ "GET /user": { id: 2, login: "hubot" } }),
  ]);
  const { hub } = await openTestHub();
  const connectAt = ({ url: baseUrl }: { readonly url: string }) => {
    const integrations = [{ service: "github", label: "work", credentials: CREDENTIALS, baseUrl }];
    return applyConfig({ ...hub, config: { ...hub.config, integrations } });
  };
  await connectAt(octo);

  const again = connectAt(hubot);

  await expect(again).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("work") });
  const rows = await hub.store.db.selectFrom("integrations").select(["account_id", "base_url"]).execute();
  expect(rows).toEqual([{ account_id: "1", base_url: octo.url }]);
});
