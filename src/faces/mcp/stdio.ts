import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import { keepInformed } from "./listen.ts";
import { MESSAGES_URI, tellOfMessages } from "./message-resource.ts";
import { buildServer } from "./server.ts";

/** Serves one profile on stdin and stdout until stdin ends. */
export async function serveMcpStdio(hub: Hub, caller: Caller, service?: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("close", resolve);
  });
  const connection = serveStdio(async ({ era }) => {
    const server = await buildServer(hub, caller, service);
    // From protocol 2026-07-28 on the SDK knows who listens to what.
    const tell = era === "modern" ? () => server.sendResourceUpdated({ uri: MESSAGES_URI }) : tellOfMessages;
    server.onclose = keepInformed(hub, caller, server, tell);
    return server;
  });
  await ended;
  await connection.close();
}
