import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, onTestFinished, test } from "vitest";
import { openTestHub, startService, type TestHub } from "#testing";
import { findProfile } from "../../src/access/profiles.ts";
import type { Caller } from "../../src/call/open-calls.ts";
import { linkAccount } from "../../src/inbound/links.ts";
import { sendSigned } from "../fixtures/send-signed.ts";
import { serveHttp } from "../../src/faces/http/server.ts";
import type { Address } from "./any-client.ts";
import { TRANSPORTS } from "./transports.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const MESSAGES = "patchbay://messages";

async function arrange() {
  const slack = await startService({ "POST /auth.test": { ok: true, team_id: "T1", user_id: "U0BOT" } });
  const hub = await openTestHub();
  const credentials = { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789", SLACK_SIGNING_SECRET: SECRET };
  const account = await hub.connect("slack", slack.url, credentials);
  const caller = await hub.addProfile("coder");
  const profile = await findProfile(hub.hub.store.db, hub.workspaceId, "coder");
  await linkAccount(hub.hub, "test", account, profile);
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const say = (text: string, ts: string) =>
    sendSigned(
      `${server.url}/v1/hooks/${account.id}`,
      SECRET,
      JSON.stringify({
        type: "event_callback",
        event_id: `Ev${ts}`,
        event: { type: "message", channel_type: "im", channel: "D1", user: "U1", text, ts },
      }),
    );
  return { hub, caller, say, url: server.url };
}

async function connect(address: Address, mode: "legacy" | { pin: string }) {
  const client = new Client({ name: "agent", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(
    "url" in address
      ? new StreamableHTTPClientTransport(address.url, {
          requestInit: { headers: { authorization: `Bearer ${address.key}` } },
        })
      : new StdioClientTransport(address),
  );
  onTestFinished(() => client.close());
  return client;
}

const read = (client: Client, input: object) =>
  client.callTool({ name: "mcp__integrations__read_messages", arguments: { ...input } });

describe.each(TRANSPORTS)("by %s", (_transport, addressOf: (hub: TestHub, caller: Caller) => Promise<Address>) => {
  test.each([
    ["2025-11-25", "legacy"],
    ["2026-07-28", { pin: "2026-07-28" }],
  ] as const)("an agent of %s waits for what a person says, and is done with it by the cursor", async (_, mode) => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), mode);

    const waiting = read(client, { wait: 30 });
    await say("Ship it", "1795000000.000100");

    const heard = (await waiting).structuredContent as { cursor: string };
    expect(heard).toMatchObject({ messages: [{ text: "Ship it", service: "slack", thread: "D1" }], has_more: false });
    expect((await read(client, {})).structuredContent).toEqual(heard);
    await say("Now", "1795000001.000100");
    expect((await read(client, { cursor: heard.cursor })).structuredContent).toMatchObject({
      messages: [{ text: "Now" }],
    });
    expect((await read(client, {})).structuredContent).toMatchObject({ messages: [{ text: "Now" }] });
  });

  test("a client of 2025-11-25 that subscribed hears that there is something to read", async () => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), "legacy");
    const updated: string[] = [];
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void updated.push(params.uri));

    await client.subscribeResource({ uri: MESSAGES });
    await say("Ship it", "1795000000.000100");

    await expect.poll(() => updated, { timeout: 5000 }).toEqual([MESSAGES]);
    const { contents } = await client.readResource({ uri: MESSAGES });
    expect(JSON.parse(String(Object(contents[0])["text"]))).toMatchObject({ messages: [{ text: "Ship it" }] });
  });

  test("a client of 2026-07-28 that listens hears that there is something to read", async () => {
    const { hub, caller, say } = await arrange();
    const client = await connect(await addressOf(hub, caller), { pin: "2026-07-28" });
    const updated: string[] = [];
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void updated.push(params.uri));

    await client.listen({ resourceSubscriptions: [MESSAGES] });
    await say("Ship it", "1795000000.000100");

    await expect.poll(() => updated, { timeout: 5000 }).toEqual([MESSAGES]);
  });
});
