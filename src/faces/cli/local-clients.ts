import { join } from "node:path";
import type { Config } from "../../config.ts";
import { type ClientConfig, clientConfigs } from "./client-config.ts";

interface LocalClients {
  readonly profile: string;
  /** Where the hub can be reached. */
  readonly url: string;
  /** A key of the profile; without it the texts have a gap to fill. */
  readonly key?: string;
}

/** What makes the MCP clients of this machine know the hub of this configuration. */
export function localClientConfigs(config: Config, options: LocalClients): readonly ClientConfig[] {
  return clientConfigs({
    ...options,
    command: process.execPath,
    args: process.argv.slice(1, 2),
    env: stdioEnvironment(config),
  });
}

/** What a process must be told to find the same data, with a gap in the place of every secret. */
function stdioEnvironment({
  home,
  file,
  connectors,
  server,
  masterKey,
  masterKeyFile,
}: Config): Record<string, string> {
  const { databaseUrl, allowPrivateHosts } = server;
  return {
    PATCHBAY_HOME: home,
    ...(databaseUrl !== join(home, "patchbay.db") && { PATCHBAY_DATABASE_URL: hidePassword(databaseUrl) }),
    ...(allowPrivateHosts.length > 0 && { PATCHBAY_ALLOW_PRIVATE_HOSTS: allowPrivateHosts.join(",") }),
    ...(file !== undefined && connectors.length > 0 && { PATCHBAY_CONFIG: file }),
    ...(masterKey !== undefined && { PATCHBAY_MASTER_KEY: "YOUR_MASTER_KEY" }),
    ...(masterKeyFile !== undefined && { PATCHBAY_MASTER_KEY_FILE: masterKeyFile }),
  };
}

/** A database's address without its secret. */
export function hidePassword(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (!url?.password) return databaseUrl;
  url.password = "YOUR_PASSWORD";
  return url.href;
}
