import { describe, expect, test } from "vitest";
import { CLIENTS } from "./any-client.ts";
import { openSlackHub } from "./open-slack-hub.ts";
import { TRANSPORTS } from "./transports.ts";

describe.each(TRANSPORTS)("by %s", (_transport, addressOf) => {
  test.each(CLIENTS)("%s lists, hears of a grant, calls, is told of errors and cancels", async (_client, open) => {
    const { hub, caller, integration, slack, wasAbandoned } = await openSlackHub();
    let changes = 0;
    const client = await open(await addressOf(hub, caller), () => changes++);

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
});
