import { text } from "node:stream/consumers";
import { HubError } from "../../errors.ts";

export type ReadStdin = () => Promise<string>;

/** Stdin ends once, so it can be the value of one option only. */
export function onlyOnce(read: ReadStdin): ReadStdin {
  let used = false;
  return async () => {
    if (used) throw new HubError("invalid_input", "Only one value can be read from stdin.");
    used = true;
    return (await read()).replace(/\r?\n$/, "");
  };
}

/** What this process was given on stdin. */
export const readStdin = onlyOnce(() => text(process.stdin));
