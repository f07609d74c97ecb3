import { expect, test } from "vitest";
import { openMcpClient, openTestHub, startService } from "#testing";

const SECRET = `whsec_${"A".repeat(43)}=`;

/** A profile and a webhook, not yet granted. */
async function connectWebhook(answer: object = { status: 204 }) {
  const service = await startService({ "POST /": answer });
  const testHub = await openTestHub();
  const caller = await testHub.addProfile("coder");
  const integration = await testHub.connect("webhook", service.url, { WEBHOOK_SECRET: SECRET }, { label: "ops" });
  return { testHub, hub: testHub.hub, caller, integration, service };
}

/** A profile that was granted a webhook. */
async function arrange(answer?: object) {
  const connected = await connectWebhook(answer);
  await connected.testHub.grant(connected.caller, connected.integration);
  return connected;
}

test("the tools are listed by their qualified names, the hub's own first", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller);

  const { tools } = await client.listTools();

  const names = tools.map(({ name }) => name);
  expect(names.slice(0, 2)).toEqual(["mcp__integrations__approval", "mcp__integrations__connect"]);
  expect(names.slice(-2)).toEqual(["mcp__webhook__ping", "mcp__webhook__send_event"]);
});

test("one service's endpoint lists its tools by their bare names", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller, { service: "webhook" });

  const { tools } = await client.listTools();

  expect(tools.map(({ name }) => name)).toEqual(["ping", "send_event"]);
});

test("a list may be kept for a moment, and by nobody else", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller);

  expect(await client.listTools()).toMatchObject({ ttlMs: 5000, cacheScope: "private" });
});

test("a hub says that it has tools that change and messages to subscribe to, and nothing else", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller);

  expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true }, resources: { subscribe: true } });
  expect(client.getServerVersion()).toEqual({ name: "patchbay", version: hub.version });
});

test.each(["ping", "mcp__webhook__ping"])("at a service's endpoint its tool can be called as %s", async (name) => {
  const { hub, caller, service } = await arrange();
  const client = await openMcpClient(hub, caller, { service: "webhook" });

  const result = await client.callTool({ name, arguments: {} });

  expect(result.structuredContent).toMatchObject({ receiver: service.host });
});

test("a result names the account it was made as", async () => {
  const { hub, caller, integration } = await arrange();
  const client = await openMcpClient(hub, caller);

  const result = await client.callTool({ name: "mcp__webhook__ping", arguments: {} });

  expect(result.content.at(-1)).toEqual({ type: "text", text: "Account: ops (webhook)" });
  expect(result._meta).toMatchObject({ "patchbay/integration": integration.id, "patchbay/account": "ops" });
});

test.each(["ping", "mcp__webhook__nope", "mcp__nope__ping", "mcp__constructor__keys", "", "a b"])(
  "the tool %j is unknown to the protocol",
  async (name) => {
    const { hub, caller } = await arrange();
    const client = await openMcpClient(hub, caller);

    await expect(client.callTool({ name, arguments: {} })).rejects.toMatchObject({
      code: -32_602,
      message: `There is no tool ${name}.`,
    });
  },
);

test("a tool of a service that was not granted says how to ask for it", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller);

  const result = await client.callTool({ name: "mcp__slack__post_message", arguments: {} });

  expect(result).toMatchObject({
    isError: true,
    structuredContent: { error: { code: "not_granted", hint: expect.stringContaining("mcp__integrations__request") } },
  });
});

test("a service's failure is a result", async () => {
  const answers = [{ status: 204 }, { status: 400 }];
  const { hub, caller } = await arrange(() => answers.shift());
  const client = await openMcpClient(hub, caller);

  const result = await client.callTool({ name: "mcp__webhook__ping", arguments: {} });

  expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: "service_rejected" } } });
});

test("a fault of the hub is told without its text", async () => {
  const { hub, caller } = await arrange();
  const calls = { ...hub.calls, call: () => Promise.reject(new Error("sentinel")) };
  const faulty = {
    ...hub,
    contextOf: (...who: Parameters<typeof hub.contextOf>) => ({ ...hub.contextOf(...who), calls }),
  };
  const client = await openMcpClient(faulty, caller);

  const result = await client.callTool({ name: "mcp__webhook__ping", arguments: {} });

  expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: "internal" } } });
  expect(JSON.stringify(result)).not.toContain("sentinel");
});

test("a just granted tool can be called by a client that has not listed again", async () => {
  const { testHub, hub, caller, integration } = await connectWebhook();
  const client = await openMcpClient(hub, caller);
  await client.listTools();

  await testHub.grant(caller, integration);
  const result = await client.callTool({ name: "mcp__webhook__ping", arguments: {} });

  expect(result.isError).toBe(undefined);
});
