import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import type { Policy } from "../access/policy.ts";
import { localOwner, type Principal } from "../access/principal.ts";
import { AGENT_TOOLS } from "./agent-tools.ts";
import { models } from "./models.ts";

const CONNECTOR = fileURLToPath(new URL("../../test/fixtures/language-models/connector.ts", import.meta.url));
const KEY = "oracle-sentinel-0123456789";

async function arrange(policy?: Policy) {
  const service = await startService({
    "GET /models": { data: [{ id: "delphi-1", title: "Delphi", window: 1000 }, { id: "dodona" }] },
    "GET /user": { id: 1, login: "octo" },
  });
  const hub = await openTestHub({ file: { connectors: [CONNECTOR] } });
  const coder = await hub.addProfile("coder");
  const oracle = await hub.connect("oracle", service.url, { ORACLE_KEY: KEY });
  const github = await hub.connect("github", service.url, { GITHUB_TOKEN: "ghp_sentinel0123456789" });
  await hub.grant(coder, oracle, policy);
  await hub.grant(coder, github);
  const as = (principal: Principal) => hub.hub.contextOf(principal, new AbortController().signal);
  const asked = () => service.exchanges.filter(({ path }) => path === "/models");
  return { hub, coder, oracle, as, asked, owner: as(localOwner(hub.workspaceId)) };
}

const MODELS = [{ id: "delphi-1", name: "Delphi", context_tokens: 1000 }, { id: "dodona" }];

test("an owner is shown an account's models, which its service was asked for on record", async () => {
  const { hub, oracle, asked, owner } = await arrange();

  const answer = await models.run({ integration: "oracle" }, owner);

  expect(answer).toEqual({ integration: oracle.id, service: "oracle", label: "Oracle", models: MODELS });
  expect(asked()).toMatchObject([{ query: { limit: "100" }, headers: { authorization: `Bearer ${KEY}` } }]);
  const intents = await hub.hub.audit.list({ workspaceId: hub.workspaceId, action: "call.intent", limit: 9 });
  expect(intents.map(({ operation }) => operation)).toEqual(["oracle.list_models"]);
});

test("a service that offers none says so", async () => {
  const { owner } = await arrange();

  await expect(models.run({ integration: "github" }, owner)).rejects.toMatchObject({
    code: "not_found",
    message: "GitHub offers no language models.",
  });
});

test("an agent is shown those of all that it was granted, or of one", async () => {
  const { as, coder, oracle } = await arrange();
  const tool = AGENT_TOOLS["integrations"]?.["models"];
  const context = { ...as(coder), principal: coder };

  const all = await tool?.run({}, context);
  const one = await tool?.run({ integration: oracle.id }, context);

  expect(all).toMatchObject({ accounts: [{ service: "oracle", models: MODELS }] });
  expect(one).toEqual(all);
});

test("another profile reaches them by no name", async () => {
  const { hub, as, oracle, asked } = await arrange();
  const other = await hub.addProfile("other");

  await expect(models.run({ integration: oracle.id }, as(other))).rejects.toMatchObject({ code: "not_found" });
  await expect(models.run({ integration: "oracle" }, as(other))).rejects.toMatchObject({ code: "not_found" });
  expect(asked()).toEqual([]);
});

test.each<Policy>([{ deny: ["list_models"] }, { ask: ["*"] }, { allow: [] }])(
  "a grant that does not let them be listed unasked (%j) holds here, too",
  async (policy) => {
    const { as, coder, asked } = await arrange(policy);

    await expect(models.run({ integration: "oracle" }, as(coder))).rejects.toMatchObject({ code: "not_granted" });
    expect(asked()).toEqual([]);
  },
);
