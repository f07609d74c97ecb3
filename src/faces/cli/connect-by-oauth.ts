import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { connect } from "../../actions/integrations.ts";
import * as oauth from "../../actions/oauth.ts";
import { answersAsHub } from "../../egress/ask-hub.ts";
import { HubError } from "../../errors.ts";
import type { GlobalOptions } from "./global-options.ts";
import { print, printJson, printNote } from "./output.ts";
import { toPlain } from "./table.ts";
import { reachHub, type Run } from "./reach-hub.ts";

const POLL_MS = 500;

/** Shows the link by which an account is connected, and waits until its owner has confirmed. */
export function connectByOauth(input: object, options: GlobalOptions): Promise<number> {
  const { service, label, base_url, config } = connect.input.parse(input);
  return reachHub(options, async ({ run, signal, hub }) => {
    const hubUrl = hub?.publicUrl();
    if (hubUrl !== undefined && !(await answersAsHub(hubUrl))) {
      throw new HubError("unavailable", `No hub answers at ${hubUrl}, where ${service} would send the browser back.`, {
        hint: 'Start it with "patchbay start", or set PATCHBAY_PUBLIC_URL to where it is reached.',
      });
    }
    const { flow, url } = await run(oauth.start, { service, label, base_url, config });
    printNote(`Open this link, allow access, and confirm:\n${url}`);
    if (process.stderr.isTTY) openBrowser(url);
    const outcome = await waitFor(service, flow, run, signal);
    if (options.json) printJson({ ...outcome, id: outcome.integration });
    else print(`${service} is connected as ${toPlain(outcome.account ?? service)}.`);
    return 0;
  });
}

async function waitFor(service: string, flow: string, run: Run, signal: AbortSignal) {
  for (;;) {
    const state = await run(oauth.status, { service, flow });
    if (state.status === "connected") return state;
    if (state.status === "failed" || state.status === "expired") {
      throw new HubError("service_rejected", `${service} was not connected. ${state.reason ?? ""}`.trim(), {
        hint: "Run the command again.",
      });
    }
    signal.throwIfAborted();
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
