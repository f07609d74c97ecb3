import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { connect } from "../../actions/integrations.ts";
import * as oauth from "../../actions/oauth.ts";
import type { ActionContext } from "../../actions/action.ts";
import { answersAsHub } from "../../egress/ask-hub.ts";
import { HubError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { print, printJson, printNote } from "./output.ts";
import { toPlain } from "./table.ts";
import { withHub } from "./with-hub.ts";

const POLL_MS = 500;

/** Shows the link by which an account is connected, and waits until its owner has confirmed. */
export function connectByOauth(input: object, options: GlobalOptions): Promise<number> {
  const { service, label, base_url, config } = connect.input.parse(input);
  return withHub(options, async (hub, signal) => {
    const hubUrl = hub.publicUrl();
    if (!(await answersAsHub(hubUrl))) {
      throw new HubError("unavailable", `No hub answers at ${hubUrl}, where ${service} would send the browser back.`, {
        hint: 'Start it with "patchbay start", or set PATCHBAY_PUBLIC_URL to where it is reached.',
      });
    }
    const context = hub.contextOf(hub.owner, signal);
    const { flow, url } = await oauth.start.run({ service, label, base_url, config }, context);
    printNote(`Open this link, allow access, and confirm:\n${url}`);
    if (process.stderr.isTTY) openBrowser(url);
    const outcome = await waitFor(service, flow, context);
    if (options.json) printJson({ ...outcome, id: outcome.integration });
    else print(`${service} is connected as ${toPlain(outcome.account ?? service)}.`);
    return 0;
  });
}

async function waitFor(service: string, flow: string, context: ActionContext) {
  for (;;) {
    const state = await oauth.status.run({ service, flow }, context);
    if (state.status === "connected") return state;
    if (state.status === "failed" || state.status === "expired") {
      throw new HubError("service_rejected", `${service} was not connected. ${state.reason ?? ""}`.trim(), {
        hint: "Run the command again.",
      });
    }
    context.signal.throwIfAborted();
    await setTimeout(POLL_MS);
  }
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Where no browser can be opened, the link that was printed does. */
function openBrowser(url: string): void {
  const [command, ...rest] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...rest, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
