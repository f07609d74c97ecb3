import { once } from "node:events";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { createServer } from "node:net";
import type { Config } from "../../config.ts";
import type { Connector } from "../../connector/connector.ts";
import { openEgress } from "../../egress/open-egress.ts";
import { HubError } from "../../errors.ts";
import { publicUrl } from "../../hub.ts";
import { check, type Finding } from "./finding.ts";

const PROBE_TIMEOUT_MS = 3_000;
const PROBE: Connector = {
  id: "patchbay",
  name: "Patchbay",
  version: "1.0.0",
  category: "developer",
  capabilities: [],
  auth: [],
  operations: {},
};

/** Checks what the hub stands on: Node, its folder, its address. */
export async function checkMachine(config: Config): Promise<readonly Finding[]> {
  const checks = [
    check("data folder", () => checkHome(config.home)),
    check("address", () => checkAddress(config)),
    check("public URL", () => checkPublicUrl(config)),
    check("keychain", checkKeychain),
  ];
  return (await Promise.all(checks)).map(([finding]) => finding);
}

async function checkHome(home: string) {
  const folder = await stat(home).catch(() => undefined);
  if (!folder) return { fact: `${home} is not there yet, and will be made.` };
  try {
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new HubError("unavailable", `${home} can't be written to.`, {
      hint: "Give it to the user who runs Patchbay, or name another with PATCHBAY_HOME.",
      cause,
    });
  }
  if (process.platform === "win32" || (folder.mode & 0o077) === 0) return { fact: `${home} is its owner's alone.` };
  return { fact: `Other users of this machine can look into ${home}.`, fix: `Close it with "chmod 700 ${home}".` };
}

async function checkAddress({ server: { host, port } }: Config) {
  const address = `${host}:${port}`;
  const taken = await findListenError(host, port);
  if (!taken) return { fact: `${address} is free.` };
  if (taken.code === "EADDRINUSE" && (await isPatchbay(host, port))) return { fact: `Patchbay runs at ${address}.` };
  const why = taken.code === "EADDRINUSE" ? "is used by another program" : `can't be listened on (${taken.code})`;
  throw new HubError("unavailable", `${address} ${why}.`, {
    hint: "Stop what uses it, or choose another with PATCHBAY_PORT or PATCHBAY_HOST.",
  });
}

async function findListenError(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    server.close();
  }
}

/** Whoever asks for a key in Patchbay's name is taken for it. */
async function isPatchbay(host: string, port: number): Promise<boolean> {
  const reachable = host.replace(/^(0\.0\.0\.0|::)$/, "127.0.0.1");
  const address = `${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
  const egress = openEgress({ allowPrivateHosts: [address], timeoutMs: PROBE_TIMEOUT_MS });
  try {
    const { context } = egress.session({
      connector: { ...PROBE, baseUrl: `http://${address}` },
      mode: "live",
      credentials: {},
      config: {},
      effect: "read",
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      idempotencyKey: "doctor",
    });
    const { headers } = await context.fetch(`${context.baseUrl}/mcp`);
    return headers.get("www-authenticate")?.includes('realm="patchbay"') === true;
  } catch {
    // Whatever does not speak HTTP is another program.
    return false;
  } finally {
    await egress.close();
  }
}

function checkPublicUrl(config: Config) {
  const { publicUrl: given } = config.server;
  const url = new URL(publicUrl(config));
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (given === undefined && !isLocal) {
    return {
      fact: `Links lead to ${url.origin}.`,
      fix: "Set PATCHBAY_PUBLIC_URL to the address by which others reach it.",
    };
  }
  if (url.protocol === "http:" && !isLocal) {
    return {
      fact: `${given} is not encrypted.`,
      fix: "Put a TLS proxy before the hub, and set PATCHBAY_PUBLIC_URL to its https address.",
    };
  }
  return { fact: `Links lead to ${url.origin}${url.pathname.replace(/\/$/, "")}.` };
}

/** Where there is none, asking it throws; where it is locked, it may ask whoever sits at the screen. */
async function checkKeychain() {
  try {
    const { AsyncEntry } = await import("@napi-rs/keyring");
    const entry = new AsyncEntry("patchbay", "doctor", { linux: { store: "secret-service" } });
    await entry.getPassword(AbortSignal.timeout(PROBE_TIMEOUT_MS));
    return { fact: "The operating system's keychain answers." };
  } catch {
    return { fact: "There is none, so the master key is kept elsewhere." };
  }
}
