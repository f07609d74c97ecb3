import { inject, onTestFinished } from "vitest";
import type { TestHub } from "#testing";
import type { Caller } from "../../src/call/open-calls.ts";
import { serveHttp } from "../../src/faces/http/server.ts";
import type { Address } from "./any-client.ts";

async function addressByHttp(hub: TestHub, caller: Caller): Promise<Address> {
  const server = await serveHttp(hub.hub);
  onTestFinished(() => server.close());
  return { url: new URL(`${server.url}/mcp`), key: await hub.addKey(caller) };
}

/** The executable on the same data folder, beside this process, as the profile `coder`. */
async function addressByStdio(hub: TestHub): Promise<Address> {
  return { command: process.execPath, args: [inject("main"), "mcp", "--profile", "coder"], env: hub.env };
}

/** Every way by which a client reaches a hub. */
export const TRANSPORTS = [
  ["HTTP", addressByHttp],
  ["stdio", addressByStdio],
] as const;
