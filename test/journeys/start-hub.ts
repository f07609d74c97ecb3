import { type ApiAnswer, dataOf, sendLine, type Sent } from "#testing";
import type { Address } from "./any-client.ts";
import type { Cli, Ended } from "./open-cli.ts";

/** `patchbay start` in a process of its own. */
export interface RunningHub {
  readonly url: string;
  send(line: string, sent: Sent & { readonly key: string }): Promise<ApiAnswer>;
  /** The `data` of an answer that must be a success. */
  data<Data = Readonly<Record<string, unknown>>>(line: string, sent: Sent & { readonly key: string }): Promise<Data>;
  /** Where MCP clients reach it. */
  mcp(key: string): Address;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Starts the hub on the data folder of a CLI, whose commands then run beside it. */
export async function startHub(cli: Cli): Promise<RunningHub> {
  const running = cli.spawn(["start"]);
  const [, url = ""] = /runs at (\S+)/.exec(await running.printed("Ctrl-C")) ?? [];
  const send = (line: string, sent: Sent) => sendLine(url, line, sent);
  return {
    url,
    send,
    data: async <Data>(line: string, sent: Sent) => dataOf(line, await send(line, sent)) as Data,
    mcp: (key) => ({ url: new URL(`${url}/mcp`), key }),
    stop: (signal = "SIGTERM") => running.stop(signal),
  };
}
