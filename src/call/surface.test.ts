import { expect, onTestFinished, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { readConfig } from "../config.ts";
import { openHub } from "../hub.ts";

test("a profile keeps its other tools when the connector of one integration is gone", async () => {
  const receiver = await startService({ "POST /": { status: 204 } });
  const before = await openTestHub({ env: { PATCHBAY_CONFORMANCE: "1" } });
  const caller = await before.addProfile("coder");
  const credentials = { WEBHOOK_SECRET: `whsec_${"A".repeat(43)}=` };
  await before.grant(caller, await before.connect("webhook", receiver.url, credentials));
  await before.grant(caller, await before.connect("conformance", receiver.url, {}));

  const after = await openHub(readConfig({ env: { ...before.env, PATCHBAY_CONFORMANCE: "0" } }));
  onTestFinished(() => after.close());
  const tools = await after.calls.listTools(caller.profileId);

  expect(tools.map(({ name }) => name)).toEqual(["mcp__webhook__ping", "mcp__webhook__send_event"]);
});
