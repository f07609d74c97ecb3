import { layers as composed } from "../../actions/profiles.ts";
import type { GlobalOptions } from "./global-options.ts";
import { print, printJson } from "./output.ts";
import { reachHub } from "./reach-hub.ts";

/** Prints the lines of a Dockerfile that a profile's services want. */
export function layers(options: GlobalOptions & { readonly profile: string }): Promise<number> {
  return reachHub(options, async ({ run }) => {
    const answer = await run(composed, { profile: options.profile });
    if (options.json) printJson(answer);
    else if (answer.dockerfile !== "") print(answer.dockerfile);
    return 0;
  });
}
