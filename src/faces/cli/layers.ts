import { layers as composed } from "../../actions/profiles.ts";
import type { GlobalOptions } from "./global-options.ts";
import { print, printJson } from "./output.ts";
import { withHub } from "./with-hub.ts";

/** Prints the lines of a Dockerfile that a profile's services want. */
export function layers(options: GlobalOptions & { readonly profile: string }): Promise<number> {
  return withHub(options, async (hub, signal) => {
    const answer = await composed.run({ profile: options.profile }, hub.contextOf(hub.owner, signal));
    if (options.json) printJson(answer);
    else if (answer.dockerfile !== "") print(answer.dockerfile);
    return 0;
  });
}
