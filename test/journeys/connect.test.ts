import { describe, expect, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { CLIENTS } from "./any-client.ts";
import { TRANSPORTS } from "./transports.ts";

const WISH = { service: "slack", reason: "To report builds" };

/** A hub, and Slack, which its owner can connect. */
async function arrange() {
  const slack = await startService({
    "POST /auth.test": { ok: true, team_id: "T1", user_id: "U1", team: "Acme", user: "bot" },
  });
  const hub = await openTestHub({ env: { PATCHBAY_PUBLIC_URL: "https://hub.example.com" } });
  const caller = await hub.addProfile("coder");
  const connectSlack = () => hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" });
  return { hub, caller, connectSlack };
}

const REQUESTED = {
  structuredContent: {
    status: "requested",
    service: "slack",
    request: expect.stringMatching(/^req_/),
    url: expect.stringMatching(/^https:\/\/hub\.example\.com\/requests\/req_\w{26}$/),
  },
};

describe.each(TRANSPORTS)("by %s", (_transport, addressOf) => {
  test.each(CLIENTS)("%s shows its user where a service is connected, and learns when it is", async (_client, open) => {
    const { hub, caller, connectSlack } = await arrange();
    const shown: (string | undefined)[] = [];
    const connecting: Promise<unknown>[] = [];
    const client = await open(
      await addressOf(hub, caller),
      () => {},
      (message, url) => {
        shown.push(message, url);
        connecting.push(connectSlack());
        return "accept";
      },
    );

    const result = await client.callTool("mcp__integrations__connect", WISH);

    expect(shown).toEqual([
      "The owner connects slack here, and confirms whose account it is.",
      expect.stringMatching(/^https:\/\/hub\.example\.com\/requests\/req_\w{26}$/),
    ]);
    expect(result).toMatchObject({ structuredContent: { status: "granted", service: "slack" } });
    await Promise.all(connecting);
  });

  test.each(CLIENTS)("%s gives the agent the link where its user does not open it", async (_client, open) => {
    const { hub, caller } = await arrange();
    const answers = (["decline", "cancel"] as const)[Symbol.iterator]();
    const client = await open(
      await addressOf(hub, caller),
      () => {},
      () => answers.next().value ?? "accept",
    );

    const first = await client.callTool("mcp__integrations__connect", WISH);
    const second = await client.callTool("mcp__integrations__connect", WISH);

    expect([first, second]).toMatchObject([REQUESTED, REQUESTED]);
    expect(answers.next().done).toBe(true);
  });

  test.each(CLIENTS)("%s that opens no addresses gives the agent the link", async (_client, open) => {
    const { hub, caller } = await arrange();
    const client = await open(await addressOf(hub, caller), () => {});

    expect(await client.callTool("mcp__integrations__connect", WISH)).toMatchObject(REQUESTED);
  });
});
