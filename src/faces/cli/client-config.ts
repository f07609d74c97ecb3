/** What makes one MCP client know the hub. */
export interface ClientConfig {
  readonly client: "Claude Desktop" | "Claude Code" | "Cursor" | "VS Code";
  readonly transport: "stdio" | "http";
  /** The file that the text belongs into, or the terminal. */
  readonly where: string;
  readonly text: string;
}

interface ClientConfigOptions {
  readonly profile: string;
  /** Offers one service's tools under their bare names, as a server of the service's own name. */
  readonly service?: string;
  /** The hub's address, for clients that connect to a running hub. */
  readonly url: string;
  /** A key of the profile; without it the texts have a gap to fill. */
  readonly key?: string;
  /** Absolute path of Node: clients start servers with hardly any PATH. */
  readonly command: string;
  /** What Node is given before Patchbay's own arguments: the absolute path of the executable. */
  readonly args: readonly string[];
  /** What the stdio process must be told to find the same data, e.g. `PATCHBAY_HOME`; clients pass little else on. */
  readonly env: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
}

const CURSOR_FILE = "~/.cursor/mcp.json, or .cursor/mcp.json in a project";
const VS_CODE_FILE = ".vscode/mcp.json in a project, or what the command MCP: Open User Configuration opens";

/**
 * Ready-to-paste configuration of the usual MCP clients, for a process of their own (stdio) and for a running hub (http).
 *
 * Claude Desktop has no http form: it adds remote servers by OAuth only, with no place for a key.
 *
 * Formats: https://code.claude.com/docs/en/mcp, https://cursor.com/docs/mcp and
 * https://code.visualstudio.com/docs/copilot/reference/mcp-configuration.
 */
export function clientConfigs(options: ClientConfigOptions): readonly ClientConfig[] {
  const { profile, service, key = "YOUR_KEY", command, env, platform = process.platform } = options;
  const name = service ?? "patchbay";
  const args = [...options.args, "mcp", "--profile", profile, ...(service === undefined ? [] : ["--service", service])];
  const server = { command, args, env };
  const url = `${options.url.replace(/\/+$/, "")}/mcp${service === undefined ? "" : `/${service}`}`;
  const authorization = `Bearer ${key}`;
  const input = { type: "promptString", id: `patchbay-key-${profile}`, password: true };

  // Claude Code takes any number of values for --env and --header, so neither may stand right before the name.
  const variables = Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]);
  const add = ["claude", "mcp", "add", "--transport"];
  const addStdio = [...add, "stdio", ...variables, "--scope", "user", name, "--", command, ...args];
  const addHttp = [...add, "http", "--scope", "user", name, url, "--header", `Authorization: ${authorization}`];

  return [
    {
      client: "Claude Desktop",
      transport: "stdio",
      where: desktopFile(platform),
      text: toJson({ mcpServers: { [name]: server } }),
    },
    { client: "Claude Code", transport: "stdio", where: "a terminal", text: toCommand(addStdio, platform) },
    { client: "Claude Code", transport: "http", where: "a terminal", text: toCommand(addHttp, platform) },
    { client: "Cursor", transport: "stdio", where: CURSOR_FILE, text: toJson({ mcpServers: { [name]: server } }) },
    {
      client: "Cursor",
      transport: "http",
      where: CURSOR_FILE,
      text: toJson({ mcpServers: { [name]: { url, headers: { Authorization: authorization } } } }),
    },
    {
      client: "VS Code",
      transport: "stdio",
      where: VS_CODE_FILE,
      text: toJson({ servers: { [name]: { type: "stdio", ...server } } }),
    },
    {
      client: "VS Code",
      transport: "http",
      where: VS_CODE_FILE,
      // VS Code asks for the key once and keeps it in the system's secret storage, so the file can be shared.
      text: toJson({
        inputs: [{ ...input, description: `The Patchbay key of profile ${profile}` }],
        servers: { [name]: { type: "http", url, headers: { Authorization: `Bearer \${input:${input.id}}` } } },
      }),
    },
  ];
}

/** On Windows the app has been packaged since 2026 and reads its own copy of the roaming folder. */
function desktopFile(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "~/Library/Application Support/Claude/claude_desktop_config.json";
  if (platform !== "win32") return "~/.config/Claude/claude_desktop_config.json";
  return [
    String.raw`%LOCALAPPDATA%\Packages\Claude_pzs8sxrjxfjjc\LocalCache\Roaming\Claude\claude_desktop_config.json`,
    String.raw`%APPDATA%\Claude\claude_desktop_config.json of an older installation`,
  ].join(", or ");
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

/** One line for a POSIX shell, or for both of Windows' shells. */
function toCommand(words: readonly string[], platform: NodeJS.Platform): string {
  const quote = platform === "win32" ? quoteForWindows : quoteForPosix;
  return words.map((word) => (/^[\w@+=:,./-]+$/.test(word) ? word : quote(word))).join(" ");
}

function quoteForPosix(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function quoteForWindows(word: string): string {
  return `"${word}"`;
}
