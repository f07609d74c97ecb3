import { execFileSync } from "node:child_process";
import { Command } from "commander";
import { expect, test } from "vitest";
import { clientConfigs } from "./client-config.ts";

const OPTIONS = {
  profile: "ops",
  url: "http://127.0.0.1:7300/",
  key: "pb_live_abc",
  command: "/opt/node 24/bin/node",
  args: ["/opt/ann's hub/main.js"],
  env: { PATCHBAY_HOME: "/home/ann/$data" },
  platform: "linux",
} as const;

const SERVER = {
  command: "/opt/node 24/bin/node",
  args: ["/opt/ann's hub/main.js", "mcp", "--profile", "ops"],
  env: { PATCHBAY_HOME: "/home/ann/$data" },
};

type Options = Parameters<typeof clientConfigs>[0];

function findText(options: Options, client: string, transport: string): string {
  return (
    clientConfigs(options).find((config) => config.client === client && config.transport === transport)?.text ?? ""
  );
}

/** Runs the line in a shell in which `claude` is a function that tells its arguments, and reads them as Claude Code does. */
function runClaude(line: string): { words: readonly string[]; options: Record<string, unknown> } {
  const script = `claude() { for word; do printf '%s\\0' "$word"; done; }; ${line}`;
  const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(2, -1);
  const add = new Command("add")
    .argument("<name>")
    .argument("<commandOrUrl>")
    .argument("[args...]")
    .option("-s, --scope <scope>")
    .option("-t, --transport <transport>")
    .option("-e, --env <env...>")
    .option("-H, --header <header...>")
    .exitOverride()
    .parse(words, { from: "user" });
  return { words: add.args, options: add.opts() };
}

test("every client has its forms, each with the place it belongs to", () => {
  const forms = clientConfigs(OPTIONS).map(({ client, transport, where }) => `${client}, ${transport}: ${where}`);

  expect(forms).toEqual([
    "Claude Desktop, stdio: ~/.config/Claude/claude_desktop_config.json",
    "Claude Code, stdio: a terminal",
    "Claude Code, http: a terminal",
    "Cursor, stdio: ~/.cursor/mcp.json, or .cursor/mcp.json in a project",
    "Cursor, http: ~/.cursor/mcp.json, or .cursor/mcp.json in a project",
    "VS Code, stdio: .vscode/mcp.json in a project, or what the command MCP: Open User Configuration opens",
    "VS Code, http: .vscode/mcp.json in a project, or what the command MCP: Open User Configuration opens",
  ]);
});

test("Claude Desktop and Cursor start the hub as a process", () => {
  const desktop = findText(OPTIONS, "Claude Desktop", "stdio");
  const cursor = findText(OPTIONS, "Cursor", "stdio");

  expect(JSON.parse(desktop)).toEqual({ mcpServers: { patchbay: SERVER } });
  expect(JSON.parse(cursor)).toEqual({ mcpServers: { patchbay: SERVER } });
});

test("VS Code starts the hub as a process", () => {
  const text = findText(OPTIONS, "VS Code", "stdio");

  expect(JSON.parse(text)).toEqual({ servers: { patchbay: { type: "stdio", ...SERVER } } });
});

test("Cursor connects to the hub with the key", () => {
  const text = findText(OPTIONS, "Cursor", "http");

  expect(JSON.parse(text)).toEqual({
    mcpServers: { patchbay: { url: "http://127.0.0.1:7300/mcp", headers: { Authorization: "Bearer pb_live_abc" } } },
  });
});

test("VS Code asks for the key, so its file does not hold it", () => {
  const text = findText(OPTIONS, "VS Code", "http");

  expect(text).not.toContain("pb_live_abc");
  expect(JSON.parse(text)).toEqual({
    inputs: [
      {
        type: "promptString",
        id: "patchbay-key-ops",
        password: true,
        description: "The Patchbay key of profile ops",
      },
    ],
    servers: {
      patchbay: {
        type: "http",
        url: "http://127.0.0.1:7300/mcp",
        headers: { Authorization: "Bearer ${input:patchbay-key-ops}" },
      },
    },
  });
});

test("Claude Code understands the command that adds a process, spaces and quotes included", () => {
  const line = findText(OPTIONS, "Claude Code", "stdio");

  const { words, options } = runClaude(line);

  expect(words).toEqual(["patchbay", SERVER.command, ...SERVER.args]);
  expect(options).toEqual({ transport: "stdio", scope: "user", env: ["PATCHBAY_HOME=/home/ann/$data"] });
});

test("Claude Code understands the command that adds a running hub", () => {
  const line = findText(OPTIONS, "Claude Code", "http");

  const { words, options } = runClaude(line);

  expect(words).toEqual(["patchbay", "http://127.0.0.1:7300/mcp"]);
  expect(options).toEqual({ transport: "http", scope: "user", header: ["Authorization: Bearer pb_live_abc"] });
});

test("on Windows the command is quoted for its shells", () => {
  const line = findText(
    {
      ...OPTIONS,
      platform: "win32",
      command: String.raw`C:\Program Files\nodejs\node.exe`,
      args: [String.raw`C:\hub\main.js`],
      env: { PATCHBAY_HOME: String.raw`C:\Users\Ann Lee\hub` },
    },
    "Claude Code",
    "stdio",
  );

  expect(line).toBe(
    String.raw`claude mcp add --transport stdio --env "PATCHBAY_HOME=C:\Users\Ann Lee\hub" --scope user patchbay -- ` +
      String.raw`"C:\Program Files\nodejs\node.exe" "C:\hub\main.js" mcp --profile ops`,
  );
});

test("one service is offered under its own name, by process and by address", () => {
  const texts = clientConfigs({ ...OPTIONS, service: "github" }).map(({ text }) => text);

  expect(texts.filter((text) => text.includes("patchbay:"))).toEqual([]);
  expect(JSON.parse(texts[0] ?? "")).toEqual({
    mcpServers: { github: { ...SERVER, args: [...SERVER.args, "--service", "github"] } },
  });
  expect(texts[2]).toBe(
    "claude mcp add --transport http --scope user github http://127.0.0.1:7300/mcp/github " +
      "--header 'Authorization: Bearer pb_live_abc'",
  );
  expect(JSON.parse(texts[6] ?? "")).toMatchObject({
    servers: { github: { url: "http://127.0.0.1:7300/mcp/github" } },
  });
});

test("without a key the texts have a gap to fill", () => {
  const { key: _, ...keyless } = OPTIONS;

  const cursor = findText(keyless, "Cursor", "http");
  const code = findText(keyless, "Claude Code", "http");

  expect([cursor, code]).toEqual([
    expect.stringContaining("Bearer YOUR_KEY"),
    expect.stringContaining("Bearer YOUR_KEY"),
  ]);
});

test.each<[NodeJS.Platform, string]>([
  ["darwin", "~/Library/Application Support/Claude/claude_desktop_config.json"],
  ["linux", "~/.config/Claude/claude_desktop_config.json"],
  [
    "win32",
    String.raw`%LOCALAPPDATA%\Packages\Claude_pzs8sxrjxfjjc\LocalCache\Roaming\Claude\claude_desktop_config.json, ` +
      String.raw`or %APPDATA%\Claude\claude_desktop_config.json of an older installation`,
  ],
])("on %s Claude Desktop reads %s", (platform, where) => {
  const [desktop] = clientConfigs({ ...OPTIONS, platform });

  expect(desktop?.where).toBe(where);
});
