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
  command: "patchbay integrations inspect",
  scopes: ["integrations:read", "integrations:write"],

  async show(id, token, run) {
    const { service, label, status, status_reason } = await run(integrations.status, { integration: id });
    if (status !== "error") {
      return showPage({ title: `${service}:${label} works`, body: markup`<p>You can close this page.</p>` });
    }
    const { data: apps } = await run(oauthApps.list, {});
    const way = apps.some((app) => app.service === service) ? showForm(service, token) : showCommand(service, label);
    return showPage({
      title: `${service}:${label} must be reconnected`,
      body: markup`<p>${status_reason ?? ""}</p>${way}`,
    });
  },

  async decide(id, { decision }, run) {
    if (decision !== "reconnect") throw new HubError("invalid_input", "Nothing was chosen.");
    const { service } = await run(integrations.status, { integration: id });
    const { url } = await run(oauth.start, { service, integration: id });
    return showWayToService(service, url);
  },
};

function showForm(service: string, token: string): Markup {
  return markup`<form method="post">
    <input type="hidden" name="token" value="${token}">
    <div class="buttons"><button class="yes" name="decision" value="reconnect">Reconnect ${service}</button></div>
  </form>`;
}

/** Credentials are not given on a page that a link opens. */
function showCommand(service: string, label: string): Markup {
  return markup`<p>Give it new credentials: <code>patchbay connect ${service} --label "${label}"</code></p>`;
}
