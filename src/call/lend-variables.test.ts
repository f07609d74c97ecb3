import { expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { allowVariables } from "../access/env-variables.ts";
import { lendVariables } from "./lend-variables.ts";

async function arrange(variable: string) {
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1" } });
  const hub = await openTestHub();
  const coder = await hub.addProfile("coder");
  const integration = await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-0123456789-abcdef" });
  await hub.grant(coder, integration);
  const { workspaceId, profileId } = coder;
  await allowVariables(hub.hub, "test", { workspaceId, profileId, integrationId: integration.id }, [variable]);
  return { hub: hub.hub, holdings: await hub.hub.calls.holdingsOf(profileId) };
}

test("an account connected by OAuth lends its access token in the place of the first field", async () => {
  const { hub, holdings } = await arrange("SLACK_BOT_TOKEN");
  const credentialsOf = () => Promise.resolve({ access_token: "xoxb-by-oauth" });

  const lent = await lendVariables({ ...hub, credentialsOf }, holdings, "test", "test");

  expect(lent).toEqual({ SLACK_BOT_TOKEN: "xoxb-by-oauth" });
});

test("what a connector no longer offers is not lent", async () => {
  const { hub, holdings } = await arrange("SLACK_OLD_TOKEN");

  await expect(lendVariables(hub, holdings, "test", "test")).rejects.toMatchObject({
    code: "reconnect_required",
    message: "Slack has no credential for SLACK_OLD_TOKEN.",
  });
});

test("where it can't be put on record, no credential is opened", async () => {
  const { hub, holdings } = await arrange("SLACK_BOT_TOKEN");
  const opened: string[] = [];
  const audit = { ...hub.audit, append: () => Promise.reject(new Error("no disk")) };
  const credentialsOf = ({ id }: { id: string }) => Promise.resolve({ SLACK_BOT_TOKEN: String(opened.push(id)) });

  await expect(lendVariables({ ...hub, audit, credentialsOf }, holdings, "test", "test")).rejects.toThrow("no disk");
  expect(opened).toEqual([]);
});
