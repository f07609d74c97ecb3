import type { Client, ElicitResult } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { openMcpClient, openTestHub } from "#testing";
import type { Policy } from "../../access/policy.ts";

/** A hub under test, with a profile that was granted what the suite calls. */
async function arrange(policy?: Policy) {
  const testHub = await openTestHub({ env: { PATCHBAY_CONFORMANCE: "1" } });
  const caller = await testHub.addProfile("suite");
  const integration = await testHub.connect("conformance", "https://conformance.invalid", {});
  await testHub.grant(caller, integration, policy);
  return { testHub, hub: testHub.hub, caller };
}

const service = "conformance";

test("what the suite calls goes down the road of every call", async () => {
  const { testHub, hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller, { service });

  const result = await client.callTool({ name: "test_image_content", arguments: {} });

  expect(result.content[0]).toMatchObject({ type: "image", mimeType: "image/png" });
  await hub.audit.flush();
  const entries = await hub.audit.list({ workspaceId: testHub.workspaceId, limit: 2 });
  expect(entries).toMatchObject([
    { action: "call.outcome", operation: "conformance.test_image_content" },
    { action: "call.intent", operation: "conformance.test_image_content" },
  ]);
});

test("a policy holds for what the suite calls", async () => {
  const { hub, caller } = await arrange({ deny: ["test_image_content"] });
  const client = await openMcpClient(hub, caller, { service });

  const result = await client.callTool({ name: "test_image_content", arguments: {} });

  expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: "denied" } } });
});

test("a hub that is not under test has nothing that the suite calls", async () => {
  const testHub = await openTestHub();
  const client = await openMcpClient(testHub.hub, await testHub.addProfile("coder"), { service });

  expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true }, resources: { subscribe: true } });
  await expect(client.callTool({ name: "test_simple_text" })).rejects.toMatchObject({ code: -32_602 });
});

test("at its other endpoints a hub under test is as any other, and lends no client", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller, { capabilities: { elicitation: {} } });

  const result = await client.callTool({ name: "mcp__conformance__test_streaming_elicitation" });

  expect(client.getServerCapabilities()).toEqual({ tools: { listChanged: true }, resources: { subscribe: true } });
  expect(result).toMatchObject({
    isError: true,
    structuredContent: { error: { code: "invalid_input", hint: "Call it over MCP at /mcp/conformance." } },
  });
});

const ERAS = ["legacy", "auto"] as const;

/** A client whose user answers the same to whatever is asked. */
async function openAnswering(mode: (typeof ERAS)[number], answer: ElicitResult): Promise<Client> {
  const { hub, caller } = await arrange();
  const capabilities = { elicitation: { form: {} } };
  const client = await openMcpClient(hub, caller, { service, capabilities, versionNegotiation: { mode } });
  client.setRequestHandler("elicitation/create", () => answer);
  return client;
}

test.each(ERAS)("the user of a client (%s) is asked, and the answer told", async (mode) => {
  const client = await openAnswering(mode, { action: "accept", content: { name: "Ann" } });

  const result = await client.callTool({ name: "test_input_required_result_elicitation" });

  expect(result.content[0]).toEqual({
    type: "text",
    text: 'The client answered: action=accept, content={"name":"Ann"}',
  });
});

test.each(ERAS)("the user of a client (%s) may decline", async (mode) => {
  const client = await openAnswering(mode, { action: "decline" });

  const result = await client.callTool({ name: "test_input_required_result_request_state" });

  expect(result.content[0]).toEqual({ type: "text", text: "state-ok action=decline, content={}" });
});

test.each(ERAS)("a client (%s) that asked for it hears how far a call is", async (mode) => {
  const client = await openAnswering(mode, { action: "decline" });
  const heard: unknown[] = [];

  await client.callTool({ name: "test_tool_with_progress" }, { onprogress: (progress) => heard.push(progress) });

  expect(heard).toEqual([0, 50, 100].map((progress) => ({ progress, total: 100 })));
});

const answers = { confirm: { action: "accept", content: { ok: true } } };

/** Calls a tool that has the client keep state, and gives that state. */
async function askForState(client: Client, name: string): Promise<string> {
  const asked = await client.request({ method: "tools/call", params: { name } }, { allowInputRequired: true });
  return String((asked as { requestState?: unknown }).requestState);
}

function retry(client: Client, name: string, requestState: string): Promise<object> {
  const params = { name, inputResponses: answers, requestState };
  return client.request({ method: "tools/call", params }, { allowInputRequired: true });
}

test("state is good for the call that it was made for", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller, { service, capabilities: { elicitation: {} } });
  const state = await askForState(client, "test_input_required_result_request_state");

  const result = await retry(client, "test_input_required_result_request_state", state);

  expect(result).toMatchObject({ content: [{ text: 'state-ok action=accept, content={"ok":true}' }, {}] });
});

test("state of another tool's call is refused", async () => {
  const { hub, caller } = await arrange();
  const client = await openMcpClient(hub, caller, { service, capabilities: { elicitation: {} } });
  const state = await askForState(client, "test_input_required_result_request_state");

  await expect(retry(client, "test_input_required_result_tampered_state", state)).rejects.toMatchObject({
    code: -32_602,
  });
});

test("state that another key was given is refused", async () => {
  const { hub, caller } = await arrange();
  const capabilities = { elicitation: {} };
  const client = await openMcpClient(hub, caller, { service, capabilities });
  const other = await openMcpClient(hub, { ...caller, actor: "key_other" }, { service, capabilities });
  const state = await askForState(client, "test_input_required_result_request_state");

  await expect(retry(other, "test_input_required_result_request_state", state)).rejects.toMatchObject({
    code: -32_602,
  });
});
