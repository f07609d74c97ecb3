import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test } from "vitest";
import { openTestHub, startService } from "#testing";
import { serveHttp } from "../../src/faces/http/server.ts";

/** What the clients of every version can do, said once. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(name: string, input: object, options?: { signal?: AbortSignal }): Promise<Record<string, unknown>>;
}

type Open = (url: URL, key: string, onListChanged: () => void) => Promise<AnyClient>;

const openOld: Open = async (url, key, onListChanged) => {
  const client = new OldClient({ name: "old", version: "1" });
  client.setNotificationHandler(ToolListChangedNotificationSchema, onListChanged);
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new OldTransport(url, { requestInit }));
  onTestFinished(() => client.close());
  return {
    listTools: () => client.listTools(),
    callTool: (name, input, options) => client.callTool({ name, arguments: { ...input } }, undefined, options),
  };
};

const openNew =
  (mode: "legacy" | "auto" | { pin: string }): Open =>
  async (url, key, onListChanged) => {
    const client = new Client(
      { name: "new", version: "1" },
      {
        versionNegotiation: { mode },
        listChanged: { tools: { autoRefresh: false, debounceMs: 10, onChanged: onListChanged } },
      },
    );
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
    onTestFinished(() => client.close());
    return {
      listTools: () => client.listTools(),
      callTool: (name, input, options) => client.callTool({ name, arguments: { ...input } }, options),
    };
  };

const clients: [string, Open][] = [
  ["the v1 client", openOld],
  ["the v2 client, legacy", openNew("legacy")],
  ["the v2 client, auto", openNew("auto")],
  ["the v2 client, pinned to 2026-07-28", openNew({ pin: "2026-07-28" })],
];

async function arrange() {
  let abandoned = false;
  const slack = await startService({
    "POST /auth.test": {
      ok: true,
      team_id: "T1",
      user_id: "U1",
      team: "Acme",
      user: "bot",
      url: "https://acme.slack.com/",
    },
    "POST /chat.postMessage": { ok: true, channel: "C1", ts: "1.2", message: { text: "hi" } },
    "POST /conversations.create": ({ abandoned: gone }) => gone.then(() => (abandoned = true)),
  });
  const hub = await openTestHub();
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const caller = await hub.addProfile("coder");
  const integration = await hub.connect("slack", slack.url, { SLACK_BOT_TOKEN: "xoxb-sentinel-0123456789" });
  const key = await hub.addKey(caller);
  return { hub, caller, integration, slack, key, url: new URL(`${server.url}/mcp`), wasAbandoned: () => abandoned };
}

test.each(clients)("%s lists, hears of a grant, calls, is told of errors and cancels", async (_, open) => {
  const { hub, caller, integration, slack, key, url, wasAbandoned } = await arrange();
  let changes = 0;
  const client = await open(url, key, () => changes++);

  const before = (await client.listTools()).tools.map(({ name }) => name);
  expect(before).toContain("mcp__integrations__request");
  expect(before).not.toContain("mcp__slack__post_message");

  await hub.grant(caller, integration);
  await expect.poll(() => changes).toBeGreaterThan(0);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("mcp__slack__post_message");

  const posted = await client.callTool("mcp__slack__post_message", { channel: "C1", text: "hi" });
  expect(posted).toMatchObject({ structuredContent: { channel: "C1", ts: "1.2" } });
  expect(slack.exchanges.at(-1)?.headers["authorization"]).toBe("Bearer xoxb-sentinel-0123456789");

  const wrong = await client.callTool("mcp__slack__post_message", { channel: "C1" });
  expect(wrong).toMatchObject({ isError: true, structuredContent: { error: { code: "invalid_input" } } });
  await expect(client.callTool("mcp__slack__nope", {})).rejects.toMatchObject({ code: -32602 });

  const giveUp = new AbortController();
  const call = client.callTool("mcp__slack__create_channel", { name: "ops" }, { signal: giveUp.signal });
  await expect.poll(() => slack.exchanges.at(-1)?.path).toBe("/conversations.create");
  giveUp.abort(new Error("enough"));
  await expect(call).rejects.toThrow(/enough|abort/i);
  await expect.poll(wasAbandoned).toBe(true);
});
