import type * as z from "zod";
import type { Action } from "../../actions/action.ts";
import type { Transport } from "../../client/open-transport.ts";
import type { Hub } from "../../hub.ts";
import type { HubChoice } from "./global-options.ts";
import { openRemote, runRemotely } from "./open-remote.ts";
import { printNote } from "./output.ts";
import { describeNewMasterKey, stopAtInterrupt, withHub } from "./with-hub.ts";

/** Runs an action as whoever types a command, and gives its parsed answer. */
export type Run = <In extends z.ZodObject, Out extends z.ZodType>(
  action: Action<In, Out>,
  input: z.output<In>,
) => Promise<z.output<Out>>;

/** The hub that a command is for, as far as it can be reached. */
export type Reached = { readonly run: Run; readonly signal: AbortSignal } & (
  | { readonly hub: Hub; readonly remote: undefined }
  | { readonly hub: undefined; readonly remote: Transport }
);

/** Reaches the hub that a command is for: the one on this machine, or one elsewhere by its API. */
export async function reachHub<Result>(
  options: HubChoice,
  work: (reached: Reached) => Promise<Result>,
): Promise<Result> {
  const remote = await openRemote(options);
  if (remote) {
    const { signal } = stopAtInterrupt();
    return work({ run: (action, input) => runRemotely(remote, action, input, signal), signal, hub: undefined, remote });
  }
  return withHub(options, async (hub, signal) => {
    if (hub.masterKey.created) printNote(describeNewMasterKey(hub.masterKey.where));
    const context = hub.contextOf(hub.owner, signal);
    const run: Run = async (action, input) => action.output.parse(await action.run(input, context));
    return work({ run, signal, hub, remote: undefined });
  });
}
