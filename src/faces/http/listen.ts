import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HubError } from "../../errors.ts";

/** Where it listens, e.g. `http://127.0.0.1:7300`. `settings` are what chooses another address. */
export function listen(server: Server, host: string, port: number, settings: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "is in use" : `can't be listened on (${cause.code ?? cause.message})`;
      reject(
        new HubError("unavailable", `The address ${host}:${port} ${why}.`, {
          hint: `Stop what uses it, or choose another with ${settings}.`,
          cause,
        }),
      );
    });
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${actual}`);
    });
  });
}
