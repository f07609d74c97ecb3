import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { serveHttp } from "../../src/faces/http/server.ts";
import { openSlackHub } from "./open-slack-hub.ts";

const INSPECTOR = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const MAIN = inject("main");

async function arrange() {
  const opened = await openSlackHub();
  const { hub, caller } = opened;
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  const headers = { Authorization: `Bearer ${await hub.addKey(caller)}` };
  const http = { type: "http", url: `${server.url}/mcp`, headers };
  const stdio = { type: "stdio", command: process.execPath, args: [MAIN, "mcp", "--profile", "coder"], env: hub.env };
  const mcpServers = {
    "http-legacy": { ...http, protocolEra: "legacy" },
    "http-modern": { ...http, protocolEra: "modern" },
    "stdio-legacy": { ...stdio, protocolEra: "legacy" },
    "stdio-modern": { ...stdio, protocolEra: "modern" },
  };
  const config = join(hub.home, "inspector.json");
  writeFileSync(config, JSON.stringify({ mcpServers }));
  return { ...opened, config };
}

function inspect(config: string, server: string, ...args: string[]) {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], MCP_INSPECTOR_SECRET_STORE: "memory" };
  const fixed = [INSPECTOR, "--cli", "--config", config, "--server", server, "--format", "json", "--method"];
  return spawn(process.execPath, [...fixed, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs the Inspector to its end. */
async function run(config: string, server: string, ...args: string[]) {
  const child = inspect(config, server, ...args);
  const [out, err, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, "close")]);
  return { out: out.join(""), err: err.join(""), code: code as number };
}

// The older protocol says that a client which is gone has not cancelled: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports.
describe.each([
  ["http-legacy", false],
  ["http-modern", true],
  ["stdio-legacy", true],
  ["stdio-modern", true],
])("the Inspector by %s", (server, cancelsByLeaving) => {
  test("lists, sees a grant, calls, is told of errors and cancels", async () => {
    const { hub, caller, integration, slack, config, wasAbandoned } = await arrange();
    const call = (tool: string, input: object) =>
      ["tools/call", "--tool-name", tool, "--tool-args-json", JSON.stringify(input)] as const;

    const before = await run(config, server, "tools/list");
    await hub.grant(caller, integration);
    const after = await run(config, server, "tools/list");
    expect(before).toMatchObject({ code: 0, out: expect.not.stringContaining("mcp__slack__") });
    expect(after).toMatchObject({ code: 0, out: expect.stringContaining("mcp__slack__post_message") });

    const posted = await run(config, server, ...call("mcp__slack__post_message", { channel: "C1", text: "hi" }));
    expect(posted).toMatchObject({ code: 0, out: expect.stringContaining('"ts"') });
    expect(slack.exchanges.at(-1)?.path).toBe("/chat.postMessage");

    const wrong = await run(config, server, ...call("mcp__slack__post_message", { channel: "C1" }));
    expect(wrong.code).toBe(5);
    expect(wrong.out + wrong.err).toContain("text");

    const child = inspect(config, server, ...call("mcp__slack__create_channel", { name: "ops" }));
    await expect.poll(() => slack.exchanges.at(-1)?.path).toBe("/conversations.create");
    child.kill("SIGINT");
    await once(child, "close");
    await expect.poll(wasAbandoned).toBe(cancelsByLeaving);
  });
});
