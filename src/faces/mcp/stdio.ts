import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Caller } from "../../call/open-calls.ts";
import type { Hub } from "../../hub.ts";
import { onToolsChanged } from "./listen.ts";
import { buildServer } from "./server.ts";

/** Serves one profile on stdin and stdout until stdin ends. */
export async function serveMcpStdio(hub: Hub, caller: Caller, service?: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    process.stdin.once("end", resolve);
    process.stdin.once("close", resolve);
  });
  const connection = serveStdio(async () => {
    const server = await buildServer(hub, caller, service);
    const stop = onToolsChanged(hub, caller, () => {
      server
        .sendToolListChanged()
        .catch((error: unknown) => hub.log.debug("A client was not told of a change.", {}, error));
    });
    server.onclose = stop;
    return server;
  });
  await ended;
  await connection.close();
}
