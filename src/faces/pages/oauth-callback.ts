import { HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { Confirmation } from "../../integrations/oauth-callback.ts";
import { markup } from "./markup.ts";
import { showError, showPage } from "./page.ts";
import { readForm } from "./read-form.ts";

/** Answers a browser that comes back from a service, and then the owner's word. */
export type ServeCallback = (request: Request, service: string) => Promise<Response>;

/**
 * The page to which services send browsers back, and on which the owner confirms whose account is connected.
 *
 * Whoever comes has no key: the state in the address is the service's, and the form's token and the cookie are this page's.
 */
export function openCallback(hub: Hub): ServeCallback {
  return async (request, service) => {
    try {
      if (request.method === "GET") return await showConfirmation(hub, request, service);
      if (request.method === "POST") return await takeWord(hub, request);
      throw new HubError("invalid_input", "This address is for browsers.");
    } catch (error) {
      return showError(hub.asHubError(error));
    }
  };
}

const COOKIE = "patchbay_flow";
const LIFETIME_S = 600;

async function showConfirmation(hub: Hub, request: Request, service: string): Promise<Response> {
  const { receiveCallback } = await import("../../integrations/oauth-callback.ts");
  const confirmation = await receiveCallback(hub, service, new URL(request.url).searchParams);
  const page = showPage({
    title: `Connect ${confirmation.account ?? "an account"} of ${confirmation.service}?`,
    body: markup`${showFacts(confirmation)}${showForm(confirmation)}`,
  });
  const { flow, browser } = confirmation;
  page.headers.append("set-cookie", writeCookie(hub, flow, browser, LIFETIME_S));
  return page;
}

/** One for each flow, so that two pages in two tabs don't get in each other's way. */
function writeCookie(hub: Hub, flow: string, value: string, lifetimeSeconds: number): string {
  const { protocol, pathname } = new URL(hub.publicUrl());
  const secure = protocol === "https:" ? "; Secure" : "";
  const path = `${pathname.replace(/\/$/, "")}/oauth`;
  return `${COOKIE}_${flow}=${value}; Path=${path}; Max-Age=${lifetimeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}

function showFacts(confirmation: Confirmation) {
  const { service, at, account, workspace, profiles, reconnects, scopes, missing } = confirmation;
  const lacking = markup`<dt>Not given</dt><dd class="warning">${missing.join(", ")}</dd>`;
  return markup`<dl>
    <dt>Service</dt><dd>${service}</dd>
    ${at === undefined ? undefined : markup`<dt>Address</dt><dd>${at}</dd>`}
    <dt>Account</dt><dd>${account ?? "The service does not say"}</dd>
    <dt>Workspace</dt><dd>${workspace}</dd>
    <dt>Profiles</dt><dd>${profiles.length > 0 ? `${profiles.join(", ")}, at once` : "None, until you grant it"}</dd>
    ${reconnects === undefined ? undefined : markup`<dt>Replaces</dt><dd>the access of ${reconnects}</dd>`}
    <dt>Access</dt><dd>${scopes.join(", ") || "The service does not say"}</dd>
    ${missing.length > 0 ? lacking : undefined}
  </dl>`;
}

function showForm({ flow, token }: Confirmation) {
  return markup`<form method="post">
    <input type="hidden" name="flow" value="${flow}">
    <input type="hidden" name="token" value="${token}">
    <div class="buttons">
      <button class="yes" name="decision" value="connect">Connect</button>
      <button class="no" name="decision" value="cancel">Cancel</button>
    </div>
  </form>`;
}

async function takeWord(hub: Hub, request: Request): Promise<Response> {
  const { flow = "", token = "", decision } = await readForm(request);
  const { cancelFlow, confirmFlow } = await import("../../integrations/oauth-confirm.ts");
  const given = { flow, token, browser: readCookie(request, `${COOKIE}_${flow}`) };
  if (decision !== "connect") {
    const advice = await cancelFlow(hub, given);
    return showPage({
      title: "Nothing was connected",
      body: markup`<p>Patchbay has forgotten what the service gave it just now. ${advice}</p><p>You can close this page.</p>`,
    });
  }
  const { integration, isNew, grantedTo } = await confirmFlow(hub, given);
  const { id, service, label } = integration;
  const grant = markup`<p>Grant it with <code>patchbay grants set PROFILE ${id}</code>.</p>`;
  const page = showPage({
    title: `${service}:${label} is connected`,
    body: markup`<p>You can close this page.</p>${isNew && grantedTo.length === 0 ? grant : undefined}`,
  });
  page.headers.append("set-cookie", writeCookie(hub, flow, "", 0));
  return page;
}

function readCookie(request: Request, name: string): string {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}
