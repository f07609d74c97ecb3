import * as integrations from "../../actions/integrations.ts";
import * as oauthApps from "../../actions/oauth-apps.ts";
import * as oauth from "../../actions/oauth.ts";
import { HubError } from "../../errors.ts";
import type { DecisionPage } from "./decision-page.ts";
import { type Markup, markup } from "./markup.ts";
import { showPage } from "./page.ts";
import { showWayToService } from "./way-to-service.ts";

/** The page on which an account that its service no longer takes is connected again. */
export const reconnectPage: DecisionPage = {
  command: "patchbay integrations status",
  scopes: ["integrations:read", "integrations:write"],

  async show(id, token, run) {
    const broken = await run(integrations.status, { integration: id });
    const { service, label, status, status_reason, reconnect } = broken;
    if (status !== "error") return showWorking(broken);
    const { data: apps } = await run(oauthApps.list, {});
    const way = apps.some((app) => app.service === service) ? showForm(service, token) : showCommand(reconnect);
    return showPage({
      title: `${service}:${label} must be reconnected`,
      body: markup`<p>${status_reason ?? ""}</p>${way}`,
    });
  },

  async decide(id, { decision }, run) {
    if (decision !== "reconnect") throw new HubError("invalid_input", "Nothing was chosen.");
    const found = await run(integrations.status, { integration: id });
    if (found.status !== "error") return showWorking(found);
    const { service } = found;
    const { url } = await run(oauth.start, { service, integration: id });
    return showWayToService(service, url);
  },
};

function showWorking({ service, label }: { readonly service: string; readonly label: string }): Response {
  return showPage({ title: `${service}:${label} works`, body: markup`<p>You can close this page.</p>` });
}

function showForm(service: string, token: string): Markup {
  return markup`<form method="post">
    <input type="hidden" name="token" value="${token}">
    <div class="buttons"><button class="yes" name="decision" value="reconnect">Reconnect ${service}</button></div>
  </form>`;
}

/** Credentials are not given on a page that a link opens. */
function showCommand(command: string | null): Markup {
  return markup`<p>Give it new credentials: <code>${command ?? ""}</code></p>`;
}
